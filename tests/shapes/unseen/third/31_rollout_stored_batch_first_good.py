"""Discounted returns of a recorded rollout."""

import torch

import rlt
from rlt.types import Float, Tensor


@rlt.typed
def discounted_returns(
    rewards: Float[Tensor, "time envs"], bootstrap: Float[Tensor, "envs"], gamma: float
) -> Float[Tensor, "time envs"]:
    running = bootstrap
    out = []
    for t in range(rewards.shape[0] - 1, -1, -1):
        running = rewards[t] + gamma * running
        out.append(running)
    return torch.stack(out[::-1], dim=0)


@rlt.typed
def advantages(
    rewards: Float[Tensor, "envs time"],
    values: Float[Tensor, "envs time"],
    last_value: Float[Tensor, "envs"],
    gamma: float = 0.97,
) -> Float[Tensor, "envs time"]:
    """The storage here is env-major."""
    returns = discounted_returns(rewards.t(), last_value, gamma)
    return returns.t() - values
