"""Soft actor-critic: squashed policy, twin critics and the critic's loss."""

import math

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Tensor
from torch import nn

LOG_STD_MIN, LOG_STD_MAX = -5.0, 2.0


class Critic(nn.Module):
    def __init__(self, obs_dim: int, action_dim: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(obs_dim + action_dim, 256)
        self.fc2 = nn.Linear(256, 256)
        self.out = nn.Linear(256, 1)

    def forward(self, obs: Tensor, action: Tensor) -> Tensor:
        h = F.relu(self.fc1(torch.cat([obs, action], dim=-1)))
        return self.out(F.relu(self.fc2(h))).squeeze(-1)


class Actor(nn.Module):
    def __init__(self, obs_dim: int, action_dim: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, 256), nn.ReLU(), nn.Linear(256, 2 * action_dim))

    def forward(self, obs: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_std = self.net(obs).chunk(2, dim=-1)
        log_std = log_std.clamp(LOG_STD_MIN, LOG_STD_MAX)
        noise = torch.randn_like(mean)
        pre = mean + log_std.exp() * noise
        log_prob = (-0.5 * noise.pow(2) - log_std - 0.5 * math.log(2 * math.pi)).sum(-1)
        log_prob = log_prob - (2 * (math.log(2) - pre - F.softplus(-2 * pre))).sum(-1)
        return torch.tanh(pre), log_prob


class SAC(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, alpha: float = 0.2) -> None:
        super().__init__()
        self.actor = Actor(obs_dim, action_dim)
        self.q1, self.q2 = Critic(obs_dim, action_dim), Critic(obs_dim, action_dim)
        self.alpha = alpha

    def soft_target(
        self, rewards: Float[Tensor, "batch"], not_done: Float[Tensor, "batch"], next_obs: Float[Tensor, "batch obs_dim"]
    ) -> Float[Tensor, "batch"]:
        with torch.no_grad():
            action, log_prob = self.actor(next_obs)
            q = torch.min(self.q1(next_obs, action), self.q2(next_obs, action))
            soft = q - self.alpha * log_prob
            return rewards + 0.99 * not_done * soft

    def critic_loss(
        self,
        obs: Float[Tensor, "batch obs_dim"],
        action: Float[Tensor, "batch action_dim"],
        target: Float[Tensor, "batch"],
    ) -> Float[Tensor, ""]:
        return F.mse_loss(self.q1(obs, action), target) + F.mse_loss(self.q2(obs, action), target)
