"""Generalised advantage estimation over a rollout of several environments."""

import rlt
import torch
from rlt.types import Float, Tensor


@rlt.typed
def gae(
    rewards: Float[Tensor, "time envs"],
    values: Float[Tensor, "time envs"],
    last_value: Float[Tensor, "envs"],
    not_done: Float[Tensor, "time envs"],
    gamma: float = 0.99,
    lam: float = 0.95,
) -> tuple[Float[Tensor, "time envs"], Float[Tensor, "time envs"]]:
    extended = torch.cat([values, last_value], dim=0)  # BUG: last_value is [envs], needs unsqueeze(0)
    deltas = rewards + gamma * not_done * extended[1:] - values  # ALSO
    advantages = torch.zeros_like(rewards)
    running = torch.zeros_like(last_value)
    for t in reversed(range(rewards.shape[0])):
        running = deltas[t] + gamma * lam * not_done[t] * running
        advantages[t] = running
    return advantages, advantages + values


def example() -> object:
    return gae(torch.randn(8, 3), torch.randn(8, 3), torch.randn(3), torch.ones(8, 3))
