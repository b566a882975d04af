import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class HistoryEncoder(rlt.Module):
    """Summarises the last observations and actions of a POMDP agent."""

    def __init__(self, obs_dim: int, act_dim: int, state_dim: int = 32) -> None:
        super().__init__()
        self.inp = nn.Linear(obs_dim + act_dim, state_dim)
        self.rnn = nn.GRU(state_dim, state_dim)  # BUG: histories are batch first

    @rlt.typed
    def forward(
        self,
        obs: Float[Tensor, "batch time obs_dim"],
        act: Float[Tensor, "batch time act_dim"],
    ) -> Float[Tensor, "batch state_dim"]:
        x = torch.cat((obs, act), dim=-1)
        x = torch.relu(self.inp(x))
        _, h_n = self.rnn(x)
        return h_n[-1]  # ALSO


def example() -> object:
    return HistoryEncoder(5, 2)(torch.randn(4, 9, 5), torch.randn(4, 9, 2))
