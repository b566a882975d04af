import math

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class GaussianPolicy(rlt.Module):
    """Diagonal Gaussian with a log standard deviation that does not depend on the state."""

    def __init__(self, obs_dim: int, action_dim: int, width: int = 64) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs_dim, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh())
        self.mean = nn.Linear(width, action_dim)
        self.log_std = nn.Parameter(torch.zeros(action_dim))

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch action_dim"]:
        return self.mean(self.body(obs))

    def log_prob(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> Float[Tensor, "batch"]:
        mean = self(obs)
        z = (action - mean) / self.log_std.exp()
        per_dim = -0.5 * z.pow(2) - self.log_std - 0.5 * math.log(2 * math.pi)
        return per_dim.sum(dim=-1)


def reinforce_loss(
    policy: GaussianPolicy,
    obs: Float[Tensor, "batch obs_dim"],
    action: Float[Tensor, "batch action_dim"],
    returns: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    advantage = (returns - returns.mean()) / (returns.std() + 1e-8)
    return -(policy.log_prob(obs, action) * advantage).mean()
