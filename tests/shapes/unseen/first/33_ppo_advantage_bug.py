"""Clipped PPO objective, per sample."""

import rlt
import torch
from rlt.types import Float, Tensor


@rlt.typed
def clipped_objective(
    new_logp: Float[Tensor, "batch"],
    old_logp: Float[Tensor, "batch"],
    returns: Float[Tensor, "batch"],
    values: Float[Tensor, "batch 1"],
    clip: float = 0.2,
) -> Float[Tensor, "batch"]:
    advantages = returns - values.detach()  # BUG: [batch] - [batch, 1] is [batch, batch]
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = (new_logp - old_logp).exp()
    unclipped = ratio * advantages  # ALSO
    clipped = ratio.clamp(1.0 - clip, 1.0 + clip) * advantages  # ALSO
    return torch.min(unclipped, clipped)  # ALSO


def example() -> object:
    n = 6
    return clipped_objective(torch.randn(n), torch.randn(n), torch.randn(n), torch.randn(n, 1))
