"""SAC's losses and targets. Equations of arXiv:1812.05905; of arXiv:1910.07207 where actions are discrete."""

from __future__ import annotations

import rlt
from rlt.types import Float, Tensor


@rlt.typed
def soft_value(
    q: Float[Tensor, "critics batch"], log_prob: Float[Tensor, "batch"], temperature: Float[Tensor, "1"]
) -> Float[Tensor, "batch"]:
    """Value of a state from one action drawn there, equation 3, by the smallest of the critics."""
    return q.amin(0) - temperature * log_prob


@rlt.typed
def exact_soft_value(
    q: Float[Tensor, "critics batch actions"], log_probs: Float[Tensor, "batch actions"], temperature: Float[Tensor, "1"]
) -> Float[Tensor, "batch"]:
    """The same as an expectation over all actions, equation 10 of arXiv:1910.07207."""
    return (log_probs.exp() * (q.amin(0) - temperature * log_probs)).sum(-1)


@rlt.typed
def td_target(
    reward: Float[Tensor, "batch"], discount: Float[Tensor, "batch"], next_value: Float[Tensor, "batch"]
) -> Float[Tensor, "batch"]:
    """Equation 2. `discount` holds gamma^n (1 - terminated)."""
    return reward + discount * next_value


@rlt.typed
def critic_loss(q: Float[Tensor, "critics batch"], target: Float[Tensor, "batch"]) -> Float[Tensor, ""]:
    """Half the mean squared error, equation 5, summed over the critics: each learns as if it were alone."""
    return 0.5 * (q - target).square().mean(1).sum()


@rlt.typed
def actor_loss(value: Float[Tensor, "batch"]) -> Float[Tensor, ""]:
    """Minus the soft value of the policy's own actions, equation 9; gradients reach the actor through the action."""
    return -value.mean()


@rlt.typed
def exact_entropy(log_probs: Float[Tensor, "batch actions"]) -> Float[Tensor, "batch"]:
    """Entropy of a categorical policy."""
    return -(log_probs.exp() * log_probs).sum(-1)


@rlt.typed
def temperature_loss(
    log_temperature: Float[Tensor, "1"], entropy: Float[Tensor, "batch"], target_entropy: float
) -> Float[Tensor, ""]:
    """Lowers the temperature while the entropy is above its target. Equation 18 with the logarithm in the temperature's place,
    so that the step does not shrink with the temperature."""
    return (log_temperature * (entropy - target_entropy)).mean()

