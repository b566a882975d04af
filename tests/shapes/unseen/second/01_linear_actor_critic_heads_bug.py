"""Shared-trunk actor-critic for low-dimensional control."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class ActorCritic(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 128) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Linear(obs_dim, hidden),
            nn.Tanh(),
            nn.Linear(hidden, hidden),
            nn.Tanh(),
        )
        self.pi = nn.Linear(hidden, n_actions)
        self.v = nn.Linear(obs_dim, 1)  # BUG: reads the trunk's features, which have width hidden

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"]
    ) -> tuple[Float[Tensor, "batch n_actions"], Float[Tensor, "batch"]]:
        h = self.trunk(obs)
        return self.pi(h), self.v(h).squeeze(-1)  # ALSO


def example() -> object:
    return ActorCritic(8, 4)(torch.randn(5, 8))
