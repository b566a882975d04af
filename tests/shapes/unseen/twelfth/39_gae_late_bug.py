"""A2C: rollout storage, generalized advantage estimation, and the update."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.distributions import Categorical

import rlt
from rlt.types import Bool, Float, Int64, Tensor


@dataclass
class Rollout:
    obs: Float[Tensor, "time envs obs_dim"]
    actions: Int64[Tensor, "time envs"]
    rewards: Float[Tensor, "time envs"]
    dones: Bool[Tensor, "time envs"]
    last_obs: Float[Tensor, "envs obs_dim"]


class ActorCritic(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 32) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs_dim, hidden), nn.Tanh())
        self.pi = nn.Linear(hidden, n_actions)
        self.v = nn.Linear(hidden, 1)

    def forward(
        self, obs: Float[Tensor, "*lead obs_dim"]
    ) -> tuple[Float[Tensor, "*lead n_actions"], Float[Tensor, "*lead"]]:
        h = self.body(obs)
        return self.pi(h), self.v(h).squeeze(-1)


@torch.no_grad()
def gae(
    rewards: Float[Tensor, "time envs"], values: Float[Tensor, "time envs"], dones: Bool[Tensor, "time envs"],
    last_value: Float[Tensor, "envs"], gamma: float = 0.99, lam: float = 0.95,
) -> Float[Tensor, "time envs"]:
    alive = 1.0 - dones  # BUG: dones is bool, and torch refuses to subtract bools: dones.float() or ~dones
    advantages = torch.zeros_like(rewards)
    running = torch.zeros_like(last_value)
    next_value = last_value
    for t in reversed(range(rewards.shape[0])):
        delta = rewards[t] + gamma * alive[t] * next_value - values[t]
        running = delta + gamma * lam * alive[t] * running
        advantages[t] = running
        next_value = values[t]
    return advantages


def a2c_loss(net: ActorCritic, roll: Rollout) -> Float[Tensor, ""]:
    logits, values = net(roll.obs)
    _, last_value = net(roll.last_obs)
    advantages = gae(roll.rewards, values, roll.dones, last_value)  # ALSO
    dist = Categorical(logits=logits)
    policy_loss = -(dist.log_prob(roll.actions) * advantages).mean()
    value_loss = (values - (advantages + values.detach())).pow(2).mean()
    return policy_loss + 0.5 * value_loss - 0.01 * dist.entropy().mean()
