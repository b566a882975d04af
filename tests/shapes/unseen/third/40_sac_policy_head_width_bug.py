"""Squashed Gaussian policy of SAC, and its log-probability."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class SquashedGaussian(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, hidden: int = 256) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Linear(obs_dim, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, action_dim),  # BUG: mean and log-std, so 2 * action_dim
        )

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"]
    ) -> tuple[Float[Tensor, "batch action_dim"], Float[Tensor, "batch"]]:
        mean, log_std = self.trunk(obs).chunk(2, dim=-1)  # ALSO
        std = log_std.clamp(-5.0, 2.0).exp()
        normal = torch.distributions.Normal(mean, std)
        u = normal.rsample()
        log_prob = normal.log_prob(u).sum(dim=-1)
        log_prob = log_prob - (2 * (0.6931 - u - F.softplus(-2 * u))).sum(dim=-1)
        return torch.tanh(u), log_prob  # ALSO


def example() -> object:
    return SquashedGaussian(17, 6)(torch.randn(4, 17))
