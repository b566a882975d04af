import torch

import rlt
from rlt.types import Float, Tensor


@rlt.typed
def compute_gae(
    rewards: Float[Tensor, "steps envs"],
    values: Float[Tensor, "steps envs"],
    dones: Float[Tensor, "steps envs"],
    last_value: Float[Tensor, "envs"],
    gamma: float = 0.99,
    lam: float = 0.95,
) -> Float[Tensor, "steps envs"]:
    next_values = values[1:]  # BUG: last_value must be appended
    deltas = rewards + gamma * next_values * (1.0 - dones) - values  # ALSO
    advantages = torch.zeros_like(rewards)
    gae = torch.zeros_like(last_value)
    for t in reversed(range(rewards.shape[0])):
        gae = deltas[t] + gamma * lam * (1.0 - dones[t]) * gae
        advantages[t] = gae
    return advantages


def example() -> object:
    r = torch.randn(16, 4)
    return compute_gae(r, torch.randn(16, 4), torch.zeros(16, 4), torch.randn(4))
