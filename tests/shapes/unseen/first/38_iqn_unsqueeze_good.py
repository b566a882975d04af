"""Implicit quantile network head."""

import math

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Tensor
from torch import nn


class ImplicitQuantile(rlt.Module):
    freqs: Tensor

    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 64, n_cos: int = 32) -> None:
        super().__init__()
        self.state = nn.Linear(obs_dim, hidden)
        self.phi = nn.Linear(n_cos, hidden)
        self.out = nn.Linear(hidden, n_actions)
        self.register_buffer("freqs", math.pi * torch.arange(1, n_cos + 1).float())

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], taus: Float[Tensor, "batch samples"]
    ) -> Float[Tensor, "batch samples n_actions"]:
        s = F.relu(self.state(obs))
        cos = torch.cos(taus.unsqueeze(-1) * self.freqs)
        phi = F.relu(self.phi(cos))
        return self.out(s.unsqueeze(1) * phi)


def example() -> object:
    return ImplicitQuantile(obs_dim=6, n_actions=3)(torch.randn(4, 6), torch.rand(4, 8))
