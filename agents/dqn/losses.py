"""DQN's targets and loss."""

from __future__ import annotations

from typing import Literal

import torch
from torch.nn import functional

import rlt
from rlt.types import Float, Int64, Tensor


@rlt.typed
def value_of(q: Float[Tensor, "batch n_actions"], action: Int64[Tensor, "batch"]) -> Float[Tensor, "batch"]:
    """Q(s, a) of the actions taken."""
    return q.gather(1, action.unsqueeze(1)).squeeze(1)


@rlt.typed
def td_target(
    reward: Float[Tensor, "batch"],
    discount: Float[Tensor, "batch"],
    next_q: Float[Tensor, "batch n_actions"],
    choosing_q: Float[Tensor, "batch n_actions"],
) -> Float[Tensor, "batch"]:
    """r + discount Q'(s', argmax Q(s')): `next_q` values the action that `choosing_q` picks.

    Both from the target network: Mnih et al. 2015, algorithm 1. `choosing_q` from the network itself: van Hasselt et al. 2016
    (arXiv:1509.06461, equation 4). `discount` is gamma, and 0 where the task ended.
    """
    return reward + discount * value_of(next_q, choosing_q.argmax(1))


@rlt.typed
def widened(
    target: Float[Tensor, "batch"], q: Float[Tensor, "batch n_actions"], action: Int64[Tensor, "batch"], share: float
) -> Float[Tensor, "batch"]:
    """target - share (max Q'(s) - Q'(s, a)): advantage learning, Baird 1999, as of Bellemare et al. 2016 (arXiv:1512.04860).

    The best action's value stays what it is; the others' fall to 1 / (1 - share) times their distance from it, so that errors of
    the network mistake one for another less often. Below a share of 1 the best policy stays the best.
    """
    return target - share * (q.amax(1) - value_of(q, action))


@rlt.typed
def td_loss(
    value: Float[Tensor, "batch"], target: Float[Tensor, "batch"], kind: Literal["huber", "squared"]
) -> Float[Tensor, ""]:
    """Mean of half the squared error; with `huber` linear beyond an error of 1."""
    if kind == "huber":
        return functional.smooth_l1_loss(value, target)
    return 0.5 * torch.nn.functional.mse_loss(value, target)
