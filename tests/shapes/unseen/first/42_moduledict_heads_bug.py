"""Actor-critic with named heads over one torso."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


class ActorCritic(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 64) -> None:
        super().__init__()
        self.torso = nn.Sequential(nn.Linear(obs_dim, hidden), nn.Tanh())
        self.heads = nn.ModuleDict(
            {
                "policy": nn.Linear(hidden, n_actions),
                "value": nn.Linear(hidden, n_actions),  # BUG: one value per observation: nn.Linear(hidden, 1)
            }
        )

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"]
    ) -> tuple[Float[Tensor, "batch n_actions"], Float[Tensor, "batch"]]:
        h = self.torso(obs)
        out = {name: head(h) for name, head in self.heads.items()}
        return out["policy"], out["value"].squeeze(-1)  # ALSO


def example() -> object:
    return ActorCritic(obs_dim=8, n_actions=4)(torch.randn(5, 8))
