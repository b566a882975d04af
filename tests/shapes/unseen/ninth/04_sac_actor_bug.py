"""SAC: squashed Gaussian actor, twin critic and the actor's loss."""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Normal

import rlt
from rlt.types import Float

LOG_STD_MIN, LOG_STD_MAX = -5.0, 2.0
EPS = 1e-6


class SquashedActor(rlt.Module):
    def __init__(self, obs_dim: int, act_dim: int, hidden: int = 256) -> None:
        super().__init__()
        self.fc1 = nn.Linear(obs_dim, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.mean = nn.Linear(hidden, act_dim)
        self.log_std = nn.Linear(hidden, act_dim)

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"]
    ) -> tuple[Float[Tensor, "batch act_dim"], Float[Tensor, "batch act_dim"]]:
        h = F.relu(self.fc2(F.relu(self.fc1(obs))))
        log_std = self.log_std(h).tanh()
        log_std = LOG_STD_MIN + 0.5 * (LOG_STD_MAX - LOG_STD_MIN) * (log_std + 1)
        return self.mean(h), log_std

    def sample(self, obs: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_std = self(obs)
        normal = Normal(mean, log_std.exp())
        raw = normal.rsample()
        action = torch.tanh(raw)
        log_prob = normal.log_prob(raw) - torch.log(1 - action.pow(2) + EPS)
        return action, log_prob.sum(dim=1)  # BUG: keepdim=True is missing: the critics give [batch, 1]


class TwinCritic(rlt.Module):
    def __init__(self, obs_dim: int, act_dim: int, hidden: int = 256) -> None:
        super().__init__()
        self.q1 = self._build(obs_dim + act_dim, hidden)
        self.q2 = self._build(obs_dim + act_dim, hidden)

    @staticmethod
    def _build(n_in: int, hidden: int) -> nn.Sequential:
        return nn.Sequential(nn.Linear(n_in, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], act: Float[Tensor, "batch act_dim"]
    ) -> tuple[Float[Tensor, "batch 1"], Float[Tensor, "batch 1"]]:
        x = torch.cat([obs, act], dim=-1)
        return self.q1(x), self.q2(x)


def actor_loss(
    actor: SquashedActor, critic: TwinCritic, obs: Float[Tensor, "batch obs_dim"], alpha: float
) -> Float[Tensor, ""]:
    action, log_prob = actor.sample(obs)
    q1, q2 = critic(obs, action)
    return (alpha * log_prob - torch.min(q1, q2)).mean()  # ALSO
