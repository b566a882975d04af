"""REDQ: an ensemble of critics evaluated by one batched product."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

import rlt
from rlt.types import Float


class EnsembleLinear(rlt.Module):
    def __init__(self, n: int, fan_in: int, fan_out: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(fan_in)
        self.weight = nn.Parameter(torch.empty(n, fan_in, fan_out).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(n, 1, fan_out))

    def forward(self, x: Float[Tensor, "n batch fan_in"]) -> Float[Tensor, "n batch fan_out"]:
        return torch.einsum("nbi,nio->nbo", x, self.weight) + self.bias


class EnsembleCritic(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, n: int = 10, width: int = 64) -> None:
        super().__init__()
        self.n = n
        self.fc1 = EnsembleLinear(n, obs_dim + action_dim, width)
        self.fc2 = EnsembleLinear(n, width, width)
        self.out = EnsembleLinear(n, width, 1)

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> Float[Tensor, "n batch"]:
        x = torch.cat([obs, action], dim=-1)
        x = x.unsqueeze(0).expand(self.n, -1, -1)
        h = torch.relu(self.fc1(x))
        h = torch.relu(self.fc2(h))
        return self.out(h).squeeze(-1)


@torch.no_grad()
def redq_target(
    critic: EnsembleCritic,
    next_obs: Float[Tensor, "batch obs_dim"],
    next_action: Float[Tensor, "batch action_dim"],
    next_log_prob: Float[Tensor, "batch"],
    reward: Float[Tensor, "batch"],
    not_done: Float[Tensor, "batch"],
    alpha: float,
    gamma: float = 0.99,
    subset: int = 2,
) -> Float[Tensor, "batch"]:
    q = critic(next_obs, next_action)
    chosen = q[torch.randperm(q.shape[0])[:subset]]
    lowest = chosen.min(dim=0).values
    soft_value = lowest - alpha * next_log_prob
    return reward + gamma * not_done * soft_value


def critic_loss(
    critic: EnsembleCritic,
    obs: Float[Tensor, "batch obs_dim"],
    action: Float[Tensor, "batch action_dim"],
    target: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    error = critic(obs, action) - target[None, :]
    return error.pow(2).mean(dim=1).sum()
