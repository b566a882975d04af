"""PPO's loss, term by term."""

from __future__ import annotations

import torch

import rlt
from rlt.types import Float, Tensor


@rlt.typed
def clipped_surrogate(
    ratio: Float[Tensor, "batch"], advantage: Float[Tensor, "batch"], clip_range: Float[Tensor, "1"]
) -> Float[Tensor, ""]:
    """Equation 7 of arXiv:1707.06347, negated so that it is minimised. `ratio` is new over old probability."""
    clipped = torch.minimum(torch.maximum(ratio, 1 - clip_range), 1 + clip_range)
    return -torch.minimum(ratio * advantage, clipped * advantage).mean()


@rlt.typed
def value_loss(
    value: Float[Tensor, "batch"], old_value: Float[Tensor, "batch"], target: Float[Tensor, "batch"], clip_range: float | None
) -> Float[Tensor, ""]:
    """Mean squared error; with `clip_range` the larger of it and that of the value clipped round the old one.

    Source: equation 9 of arXiv:1707.06347; clipping as in the reference implementation (arXiv:2005.12729, section 3).
    """
    error = (value - target).square()
    if clip_range is not None:
        clipped = old_value + (value - old_value).clamp(-clip_range, clip_range)
        error = torch.maximum(error, (clipped - target).square())
    return error.mean()


@rlt.typed
def normalized(advantage: Float[Tensor, "batch"]) -> Float[Tensor, "batch"]:
    """Mean 0, standard deviation 1; a single one is left as it is."""
    if advantage.shape[0] == 1:
        return advantage
    return (advantage - advantage.mean()) / (advantage.std() + 1e-8)


@rlt.typed
def approximate_kl(ratio: Float[Tensor, "batch"], log_ratio: Float[Tensor, "batch"]) -> Float[Tensor, ""]:
    """KL(old, new) by the estimator k3 = (ratio - 1) - log ratio, which is never negative.

    Source: Schulman 2020, joschu.net/blog/kl-approx.html.
    """
    return (ratio - 1 - log_ratio).mean()


@rlt.typed
def clip_fraction(ratio: Float[Tensor, "batch"], clip_range: Float[Tensor, "1"]) -> Float[Tensor, ""]:
    """The part of the batch whose ratio has left the clip range."""
    return ((ratio - 1).abs() > clip_range).type_as(ratio).mean()
