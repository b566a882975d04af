from typing import NamedTuple

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Output(NamedTuple):
    mean: Float[Tensor, "batch action_dim"]
    std: Float[Tensor, "batch action_dim"]
    value: Float[Tensor, "batch"]


class GaussianActorCritic(rlt.Module):
    """Separate trunks; a state-independent standard deviation."""

    def __init__(self, obs_dim: int, action_dim: int, width: int = 64) -> None:
        super().__init__()
        self.actor = nn.Sequential(nn.Linear(obs_dim, width), nn.Tanh(), nn.Linear(width, action_dim))
        self.critic = nn.Sequential(nn.Linear(obs_dim, width), nn.Tanh(), nn.Linear(width, 1))
        self.log_std = nn.Parameter(torch.zeros(action_dim))

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Output:
        mean = self.actor(obs)
        std = self.log_std.exp().expand_as(mean)
        value = self.critic(obs).squeeze(-1)
        return Output(mean, std, value)
