"""Dynamics network with a configurable number of hidden layers."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


class Dynamics(rlt.Module):
    def __init__(self, state_dim: int, act_dim: int, hidden: int = 96, depth: int = 3) -> None:
        super().__init__()
        self.layers = nn.ModuleList()
        width = state_dim + act_dim
        for _ in range(depth):
            self.layers.append(nn.Linear(width, hidden))  # BUG: from the second layer on, hidden features come in
        self.delta = nn.Linear(hidden, state_dim)
        self.act = nn.SiLU()

    @rlt.typed
    def forward(
        self, state: Float[Tensor, "batch state_dim"], action: Float[Tensor, "batch act_dim"]
    ) -> Float[Tensor, "batch state_dim"]:
        x = torch.cat([state, action], dim=1)
        for layer in self.layers:
            x = self.act(layer(x))  # ALSO
        return state + self.delta(x)


def example() -> object:
    return Dynamics(state_dim=9, act_dim=2)(torch.randn(4, 9), torch.randn(4, 2))
