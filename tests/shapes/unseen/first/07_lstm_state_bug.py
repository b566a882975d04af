"""Sequence value function with an explicit zero state."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


class RecurrentValue(rlt.Module):
    def __init__(self, obs_dim: int, hidden: int = 64, layers: int = 1) -> None:
        super().__init__()
        self.hidden = hidden
        self.layers = layers
        self.lstm = nn.LSTM(obs_dim, hidden, num_layers=layers, batch_first=True)
        self.value = nn.Linear(hidden, 1)

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch time obs_dim"]) -> Float[Tensor, "batch time"]:
        batch = obs.size(0)
        h0 = obs.new_zeros(batch, self.hidden)  # BUG: must be [layers, batch, hidden]
        c0 = torch.zeros_like(h0)
        out, _ = self.lstm(obs, (h0, c0))  # ALSO
        return self.value(out).squeeze(-1)


def example() -> object:
    return RecurrentValue(obs_dim=5)(torch.randn(3, 7, 5))
