"""State-value network with a small shared torso."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


def mlp(sizes: list[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:]):
        layers += [nn.Linear(n_in, n_out), nn.Tanh()]
    return nn.Sequential(*layers)


class Critic(rlt.Module):
    def __init__(self, obs_dim: int, hidden: int = 64) -> None:
        super().__init__()
        self.torso = mlp([obs_dim, hidden, hidden])
        self.value = nn.Linear(hidden, 1)

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch"]:
        h = self.torso(obs)
        return self.value(h)  # BUG: [batch, 1], declared [batch]


def example() -> object:
    return Critic(obs_dim=11)(torch.randn(5, 11))
