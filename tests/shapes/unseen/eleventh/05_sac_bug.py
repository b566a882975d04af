"""Soft actor-critic: squashed Gaussian actor, twin critics, entropy-regularised targets."""

import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Normal

import rlt
from rlt.types import Float, Tensor

LOG_STD_MIN, LOG_STD_MAX = -5.0, 2.0


class SquashedActor(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, hidden: int = 256) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.mu = nn.Linear(hidden, action_dim)
        self.log_std = nn.Linear(hidden, action_dim)

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"]
    ) -> tuple[Float[Tensor, "batch action_dim"], Float[Tensor, "batch"]]:
        h = self.net(obs)
        std = self.log_std(h).clamp(LOG_STD_MIN, LOG_STD_MAX).exp()
        dist = Normal(self.mu(h), std)
        raw = dist.rsample()
        action = torch.tanh(raw)
        log_prob = dist.log_prob(raw) - torch.log(1 - action.pow(2) + 1e-6)
        return action, log_prob.sum(dim=-1)


class TwinCritic(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, hidden: int = 256) -> None:
        super().__init__()
        self.q1 = self._make(obs_dim + action_dim, hidden)
        self.q2 = self._make(obs_dim + action_dim, hidden)

    @staticmethod
    def _make(n_in: int, hidden: int) -> nn.Sequential:
        return nn.Sequential(nn.Linear(n_in, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> tuple[Float[Tensor, "batch 1"], Float[Tensor, "batch 1"]]:
        x = torch.cat([obs, action], dim=-1)
        return self.q1(x), self.q2(x)


def soft_target(
    actor: SquashedActor,
    critic: TwinCritic,
    next_obs: Float[Tensor, "batch obs_dim"],
    reward: Float[Tensor, "batch 1"],
    done: Float[Tensor, "batch 1"],
    alpha: float = 0.2,
    gamma: float = 0.99,
) -> Float[Tensor, "batch 1"]:
    with torch.no_grad():
        action, log_prob = actor(next_obs)
        q1, q2 = critic(next_obs, action)
        soft = torch.min(q1, q2) - alpha * log_prob  # BUG: (batch, 1) minus (batch,) broadcasts to (batch, batch)
        return reward + gamma * (1 - done) * soft  # ALSO


def critic_loss(
    critic: TwinCritic, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"], target: Float[Tensor, "batch 1"]
) -> Float[Tensor, ""]:
    q1, q2 = critic(obs, action)
    return F.mse_loss(q1, target) + F.mse_loss(q2, target)
