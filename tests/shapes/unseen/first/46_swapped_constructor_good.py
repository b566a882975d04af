"""Inverse dynamics model and the curiosity module that owns it."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


class InverseModel(rlt.Module):
    def __init__(self, feature_dim: int, n_actions: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(2 * feature_dim, 64)
        self.fc2 = nn.Linear(64, n_actions)

    @rlt.typed
    def forward(
        self, phi: Float[Tensor, "batch feature_dim"], next_phi: Float[Tensor, "batch feature_dim"]
    ) -> Float[Tensor, "batch n_actions"]:
        return self.fc2(torch.relu(self.fc1(torch.cat([phi, next_phi], dim=1))))


class Curiosity(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, feature_dim: int = 32) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(obs_dim, feature_dim), nn.ELU())
        self.inverse = InverseModel(feature_dim, n_actions)

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], next_obs: Float[Tensor, "batch obs_dim"]
    ) -> Float[Tensor, "batch n_actions"]:
        return self.inverse(self.encoder(obs), self.encoder(next_obs))


def example() -> object:
    return Curiosity(obs_dim=12, n_actions=5)(torch.randn(4, 12), torch.randn(4, 12))
