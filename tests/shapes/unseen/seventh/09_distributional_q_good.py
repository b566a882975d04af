from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class DistributionalQ(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, atoms: int = 51, v_min: float = -10.0, v_max: float = 10.0) -> None:
        super().__init__()
        self.n_actions = n_actions
        self.atoms = atoms
        self.register_buffer("support", torch.linspace(v_min, v_max, atoms))
        self.net = nn.Sequential(
            nn.Linear(obs_dim, 128),
            nn.ReLU(),
            nn.Linear(128, n_actions * atoms),
        )

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions atoms"]:
        logits = self.net(obs).view(-1, self.n_actions, self.atoms)
        return F.log_softmax(logits, dim=-1)

    def q_values(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        probs = self(obs).exp()
        return (probs * self.support).sum(dim=2)


def c51_loss(
    net: DistributionalQ,
    obs: Float[Tensor, "batch obs_dim"],
    actions: Int64[Tensor, "batch"],
    projected: Float[Tensor, "batch atoms"],
) -> Float[Tensor, ""]:
    log_p = net(obs)[torch.arange(obs.shape[0]), actions]
    return -(projected * log_p).sum(dim=-1).mean()
