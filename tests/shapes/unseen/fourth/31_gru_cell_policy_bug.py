"""A recurrent policy unrolled by hand, with resets."""

import torch
from torch import nn

import rlt
from rlt.types import Bool, Float, Tensor


class RecurrentPolicy(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, embed: int = 48, hidden: int = 64) -> None:
        super().__init__()
        self.encoder = nn.Linear(obs_dim, embed)
        self.cell = nn.GRUCell(embed, hidden)
        self.policy = nn.Linear(hidden, n_actions)

    @rlt.typed
    def forward(
        self,
        obs: Float[Tensor, "time batch obs_dim"],
        resets: Bool[Tensor, "time batch"],
        h: Float[Tensor, "batch hidden"],
    ) -> tuple[Float[Tensor, "time batch n_actions"], Float[Tensor, "batch hidden"]]:
        outputs: list[Tensor] = []
        x = torch.relu(self.encoder(obs))
        for t in range(obs.shape[0]):
            h = torch.where(resets[t].unsqueeze(-1), torch.zeros_like(h), h)
            h = self.cell(h, x[t])  # BUG: GRUCell takes the input first
            outputs.append(self.policy(h))
        return torch.stack(outputs, dim=0), h
