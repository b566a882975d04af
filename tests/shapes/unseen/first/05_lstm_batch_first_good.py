"""Recurrent classifier over observation histories."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


class HistoryPolicy(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 128) -> None:
        super().__init__()
        self.embed = nn.Linear(obs_dim, hidden)
        self.rnn = nn.LSTM(hidden, hidden, batch_first=True)
        self.head = nn.Linear(hidden, n_actions)

    @rlt.typed
    def forward(self, history: Float[Tensor, "batch time obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        x = torch.relu(self.embed(history))
        _, (h_n, _) = self.rnn(x)
        return self.head(h_n[-1])


def example() -> object:
    return HistoryPolicy(8, 3)(torch.randn(4, 10, 8))
