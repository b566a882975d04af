"""Dueling Q-network."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Tensor
from torch import nn


class DuelingQ(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 64) -> None:
        super().__init__()
        self.fc = nn.Linear(obs_dim, hidden)
        self.advantage = nn.Linear(hidden, n_actions)
        self.value = nn.Linear(hidden, 1)

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        h = F.relu(self.fc(obs))
        adv = self.advantage(h)
        val = self.value(h)
        return val + adv - adv.mean(dim=1, keepdim=True)


def example() -> object:
    return DuelingQ(8, 4)(torch.randn(5, 8))
