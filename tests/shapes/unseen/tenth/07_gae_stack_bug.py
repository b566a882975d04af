"""Generalised advantage estimation over a rollout of several environments."""

from typing import NamedTuple

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


class Targets(NamedTuple):
    advantages: Float[Tensor, "steps envs"]
    returns: Float[Tensor, "steps envs"]


class ValueNet(rlt.Module):
    def __init__(self, obs_dim: int, widths: tuple[int, ...] = (64, 64)) -> None:
        super().__init__()
        self.hidden = nn.ModuleList()
        n_in = obs_dim
        for width in widths:
            self.hidden.append(nn.Linear(n_in, width))
            n_in = width
        self.head = nn.Linear(n_in, 1)

    def forward(self, obs: Float[Tensor, "*batch obs_dim"]) -> Float[Tensor, "*batch"]:
        for layer in self.hidden:
            obs = torch.tanh(layer(obs))
        return self.head(obs).squeeze(-1)


def gae(
    rewards: Float[Tensor, "steps envs"],
    values: Float[Tensor, "steps envs"],
    last_value: Float[Tensor, "envs"],
    not_done: Float[Tensor, "steps envs"],
    gamma: float = 0.99,
    lam: float = 0.95,
) -> Float[Tensor, "steps envs"]:
    next_values = torch.cat([values[1:], last_value.unsqueeze(0)])
    deltas = rewards + gamma * not_done * next_values - values
    running = torch.zeros_like(last_value)
    advantages: list[Tensor] = []
    for t in reversed(range(rewards.shape[0])):
        running = deltas[t] + gamma * lam * not_done[t] * running
        advantages.append(running)
    return torch.stack(advantages[::-1], dim=1)  # BUG: stacked along dim 1, gives (envs, steps)


def targets(
    net: ValueNet,
    obs: Float[Tensor, "steps envs obs_dim"],
    last_obs: Float[Tensor, "envs obs_dim"],
    rewards: Float[Tensor, "steps envs"],
    not_done: Float[Tensor, "steps envs"],
) -> Targets:
    with torch.no_grad():
        values = net(obs)
        advantages = gae(rewards, values, net(last_obs), not_done)  # ALSO
    returns = advantages + values  # ALSO
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    return Targets(advantages, returns)  # ALSO
