"""A diagonal Gaussian policy; log-probability and entropy by formula."""

import math

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class GaussianPolicy(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, hidden: int = 64) -> None:
        super().__init__()
        self.mean = nn.Sequential(
            nn.Linear(obs_dim, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, action_dim)
        )
        self.log_std = nn.Parameter(torch.zeros(action_dim))

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch action_dim"]:
        return self.mean(obs)

    @rlt.typed
    def log_prob(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> Float[Tensor, "batch"]:
        mean = self(obs)
        std = self.log_std.exp()
        z = (action - mean) / std
        return -0.5 * z.pow(2) - self.log_std - 0.5 * math.log(2 * math.pi)  # BUG: not summed over the action's parts

    @rlt.typed
    def entropy(self) -> Float[Tensor, ""]:
        return (self.log_std + 0.5 * math.log(2 * math.pi * math.e)).sum()
