"""Probabilistic dynamics model for MBPO: predicts the change of state and the reward."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class DynamicsModel(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, width: int = 64, depth: int = 3) -> None:
        super().__init__()
        out_dim = obs_dim + 1
        layers: list[nn.Module] = []
        n_in = obs_dim + action_dim
        for _ in range(depth):
            layers += [nn.Linear(n_in, width), nn.SiLU()]
            n_in = width
        self.trunk = nn.Sequential(*layers)
        self.mean = nn.Linear(width, out_dim)
        self.log_var = nn.Linear(width, out_dim)
        self.max_log_var = nn.Parameter(torch.full((out_dim,), 0.5))
        self.min_log_var = nn.Parameter(torch.full((out_dim,), -10.0))

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> tuple[Float[Tensor, "batch obs_dim+1"], Float[Tensor, "batch obs_dim+1"]]:
        h = self.trunk(torch.cat([obs, action], dim=-1))
        log_var = self.max_log_var - nn.functional.softplus(self.max_log_var - self.log_var(h))
        log_var = self.min_log_var + nn.functional.softplus(log_var - self.min_log_var)
        return self.mean(h), log_var

    def step(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> tuple[Float[Tensor, "batch obs_dim"], Float[Tensor, "batch"]]:
        mean, log_var = self(obs, action)
        sample = mean + torch.randn_like(mean) * (0.5 * log_var).exp()
        return obs + sample[:, :-1], sample[:, -1]


def nll_loss(
    model: DynamicsModel, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"],
    reward: Float[Tensor, "batch"], next_obs: Float[Tensor, "batch obs_dim"],
) -> Float[Tensor, ""]:
    target = torch.cat([next_obs - obs, reward.unsqueeze(-1)], dim=-1)
    mean, log_var = model(obs, action)
    return ((mean - target).pow(2) * (-log_var).exp() + log_var).sum(dim=-1).mean()


def imagine(
    model: DynamicsModel, policy: Callable[[Tensor], Tensor], obs: Float[Tensor, "batch obs_dim"], horizon: int
) -> Float[Tensor, "batch"]:
    total = torch.zeros(obs.shape[0])
    for _ in range(horizon):
        obs, reward = model.step(obs, policy(obs))
        total = total + reward
    return total
