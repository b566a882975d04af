"""The squashed Gaussian actor of SAC and its loss."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Normal

import rlt
from rlt.types import Float

LOG_STD_MIN, LOG_STD_MAX = -5.0, 2.0


class SquashedActor(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, width: int = 64) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Linear(obs_dim, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()
        )
        self.mean = nn.Linear(width, action_dim)
        self.log_std = nn.Linear(width, action_dim)

    def _dist(self, obs: Tensor) -> Normal:
        h = self.trunk(obs)
        log_std = torch.tanh(self.log_std(h))
        log_std = LOG_STD_MIN + 0.5 * (LOG_STD_MAX - LOG_STD_MIN) * (log_std + 1)
        return Normal(self.mean(h), log_std.exp())

    def sample(
        self, obs: Float[Tensor, "batch obs_dim"]
    ) -> tuple[Float[Tensor, "batch action_dim"], Float[Tensor, "batch"]]:
        dist = self._dist(obs)
        u = dist.rsample()
        correction = 2 * (math.log(2) - u - F.softplus(-2 * u))
        log_prob = dist.log_prob(u).sum(-1) - correction  # BUG: the correction is per action dimension, not summed
        return torch.tanh(u), log_prob  # ALSO

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch action_dim"]:
        return torch.tanh(self.mean(self.trunk(obs)))


class Critic(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, width: int = 64) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(obs_dim + action_dim, width), nn.ReLU(), nn.Linear(width, 1)
        )

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> Float[Tensor, "batch"]:
        return self.net(torch.cat([obs, action], dim=-1)).squeeze(-1)


def actor_loss(
    actor: SquashedActor, q1: Critic, q2: Critic, obs: Float[Tensor, "batch obs_dim"], alpha: float
) -> Float[Tensor, ""]:
    action, log_prob = actor.sample(obs)  # ALSO
    q = torch.minimum(q1(obs, action), q2(obs, action))
    return (alpha * log_prob - q).mean()  # ALSO
