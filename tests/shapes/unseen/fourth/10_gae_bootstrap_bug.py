"""Generalised advantage estimation over a [time, envs] rollout."""

import torch

import rlt
from rlt.types import Bool, Float, Tensor


@rlt.typed
def gae(
    rewards: Float[Tensor, "time envs"],
    values: Float[Tensor, "time envs"],
    last_value: Float[Tensor, "envs"],
    dones: Bool[Tensor, "time envs"],
    gamma: float = 0.99,
    lam: float = 0.95,
) -> tuple[Float[Tensor, "time envs"], Float[Tensor, "time envs"]]:
    alive = 1.0 - dones.float()
    next_values = torch.cat([values, last_value.unsqueeze(0)], dim=0)  # BUG: one row too many, the first must go
    deltas = rewards + gamma * next_values * alive - values  # ALSO
    advantages = torch.zeros_like(rewards)
    running = torch.zeros_like(last_value)
    for t in reversed(range(rewards.shape[0])):
        running = deltas[t] + gamma * lam * alive[t] * running
        advantages[t] = running
    return advantages, advantages + values
