"""Generalised advantage estimation over time-major rollouts, and the critic that feeds it."""

from dataclasses import dataclass

import torch
from torch import nn

import rlt
from rlt.types import Bool, Float, Tensor

GAMMA = 0.99
LAMBDA = 0.95


class Critic(rlt.Module):
    def __init__(self, obs_dim: int, width: int = 64) -> None:
        super().__init__()
        self.fc1 = nn.Linear(obs_dim, width)
        self.fc2 = nn.Linear(width, 1)

    def forward(self, obs: Float[Tensor, "*lead obs_dim"]) -> Float[Tensor, "*lead"]:
        return self.fc2(torch.tanh(self.fc1(obs))).squeeze(-1)


@dataclass
class Rollout:
    obs: Float[Tensor, "time envs obs_dim"]
    rewards: Float[Tensor, "time envs"]
    dones: Bool[Tensor, "time envs"]
    last_obs: Float[Tensor, "envs obs_dim"]


def gae(
    rewards: Float[Tensor, "time envs"],
    values: Float[Tensor, "time envs"],
    dones: Bool[Tensor, "time envs"],
    last_value: Float[Tensor, "envs"],
) -> tuple[Float[Tensor, "time envs"], Float[Tensor, "time envs"]]:
    steps = rewards.shape[0]
    mask = 1.0 - dones.float()
    advantages = torch.zeros_like(rewards)
    running = torch.zeros_like(rewards[0])
    next_value = last_value
    for t in reversed(range(steps)):
        delta = rewards[t] + GAMMA * next_value * mask[t] - values[t]
        running = delta + GAMMA * LAMBDA * mask[t] * running
        advantages[t] = running
        next_value = values[t]
    return advantages, advantages + values


def process(critic: Critic, rollout: Rollout) -> tuple[Float[Tensor, "time envs"], Float[Tensor, "time envs"]]:
    with torch.no_grad():
        values = critic(rollout.obs)
        last = critic(rollout.last_obs)
    advantages, returns = gae(rollout.rewards, values, rollout.dones, last)
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    return advantages, returns
