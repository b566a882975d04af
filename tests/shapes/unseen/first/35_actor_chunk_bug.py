"""Squashed Gaussian actor."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn

LOG_STD_MIN, LOG_STD_MAX = -5.0, 2.0


class Actor(rlt.Module):
    def __init__(self, obs_dim: int, act_dim: int, hidden: int = 128) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(obs_dim, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.out = nn.Linear(hidden, act_dim)  # BUG: mean and log_std need 2 * act_dim

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"]
    ) -> tuple[Float[Tensor, "batch act_dim"], Float[Tensor, "batch act_dim"]]:
        mean, log_std = self.out(self.trunk(obs)).chunk(2, dim=-1)  # ALSO
        log_std = torch.tanh(log_std)
        log_std = LOG_STD_MIN + 0.5 * (LOG_STD_MAX - LOG_STD_MIN) * (log_std + 1.0)
        return mean, log_std.exp()  # ALSO


def example() -> object:
    return Actor(obs_dim=10, act_dim=4)(torch.randn(3, 10))
