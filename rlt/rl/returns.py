"""Returns and advantages: what a step was worth, seen from the end of its episode."""

from __future__ import annotations

import torch

import rlt
from rlt.types import Bool, Float, Tensor


@rlt.typed
def generalized_advantages(
    reward: Float[Tensor, "time envs"],
    value: Float[Tensor, "time envs"],
    next_value: Float[Tensor, "time envs"],
    terminated: Bool[Tensor, "time envs"],
    truncated: Bool[Tensor, "time envs"],
    gamma: float,
    gae_lambda: float,
) -> Float[Tensor, "time envs"]:
    """Generalised advantage estimates of a rollout, exact at truncation. Value targets are `advantage + value`.

    `next_value` is V of the observation that the action led to: of the true final observation where the episode ended.
    It is unread where `terminated`. The λ-recursion is cut at either end of an episode, not at the rollout's boundary.
    Source: arXiv:1506.02438, equation 16; truncation as in Pardo et al. 2018 (arXiv:1712.00378).
    """
    delta = reward + gamma * next_value.masked_fill(terminated, 0.0) - value
    decay = torch.full_like(reward, gamma * gae_lambda).masked_fill(terminated | truncated, 0.0)
    advantage = torch.zeros_like(delta[0])
    backwards = []
    for d, k in zip(reversed(delta.unbind(0)), reversed(decay.unbind(0))):
        advantage = torch.addcmul(d, k, advantage)
        backwards.append(advantage)
    return torch.stack(backwards[::-1])


@rlt.typed
def discounted_running_returns(
    reward: Float[Tensor, "time envs"], done: Bool[Tensor, "time envs"], start: Float[Tensor, "envs"], gamma: float
) -> tuple[Float[Tensor, "time envs"], Float[Tensor, "envs"]]:
    """R_t = gamma R_{t-1} + r_t, forgotten after an episode's end: what reward scaling takes its scale from.

    `start` is gamma R of the step before the rollout; the second result is that for the next rollout.
    Source: the reference implementation of PPO (Engstrom et al. 2020, arXiv:2005.12729, section 3).
    """
    running, out = start, []
    keep = torch.full_like(reward, gamma).masked_fill(done, 0.0)
    for r, k in zip(reward.unbind(0), keep.unbind(0)):
        total = running + r
        out.append(total)
        running = k * total
    return torch.stack(out), running


@rlt.typed
def explained_variance(prediction: Float[Tensor, "n"], target: Float[Tensor, "n"]) -> Float[Tensor, ""]:
    """1 - Var(target - prediction) / Var(target): 1 is perfect, 0 no better than the mean. NaN where targets are all equal."""
    return 1 - (target - prediction).var(correction=0) / target.var(correction=0)
