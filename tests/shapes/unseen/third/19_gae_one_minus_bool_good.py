"""Generalised advantage estimation over a rollout."""

import torch

import rlt
from rlt.types import Bool, Float, Tensor


@rlt.typed
def gae(
    rewards: Float[Tensor, "n_steps n_envs"],
    values: Float[Tensor, "n_steps n_envs"],
    dones: Bool[Tensor, "n_steps n_envs"],
    last_value: Float[Tensor, "n_envs"],
    gamma: float = 0.99,
    lam: float = 0.95,
) -> tuple[Float[Tensor, "n_steps n_envs"], Float[Tensor, "n_steps n_envs"]]:
    n_steps = rewards.shape[0]
    advantages = torch.zeros_like(rewards)
    running = torch.zeros_like(last_value)
    next_value = last_value
    for t in reversed(range(n_steps)):
        alive = 1.0 - dones[t].float()
        delta = rewards[t] + gamma * next_value * alive - values[t]
        running = delta + gamma * lam * alive * running
        advantages[t] = running
        next_value = values[t]
    return advantages, advantages + values


def example() -> object:
    return gae(torch.randn(5, 3), torch.randn(5, 3), torch.rand(5, 3) < 0.1, torch.randn(3))
