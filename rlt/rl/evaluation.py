"""Episodes played to measure a policy: own environments, own seeds, nothing learned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from rlt.errors import EnvironmentFault
from rlt.rl.statistics import summarise
from rlt.rl.vector_env import Action, Observation, VectorEnv, check_same_step
from rlt.types import Test

ENDLESS = 100_000
"""Steps after which an episode of an evaluation counts as one that never ends."""


@dataclass(frozen=True)
class Evaluation:
    """Undiscounted returns and lengths, in the order of environments and then of episodes."""

    returns: list[float]
    lengths: list[int]

    def summary(self) -> dict[str, Any]:
        """What is logged (numbers) and kept (lists)."""
        score = summarise(self.returns)
        return {
            "return_mean": score.mean, "return_std": score.std, "return_iqm": score.iqm, "return_min": score.minimum,
            "return_max": score.maximum, "length_mean": float(np.mean(self.lengths)), "episodes": score.count,
            "return_interval": list(score.interval), "returns": self.returns, "lengths": self.lengths,
        }


def evaluate(act: Callable[[Observation], Action], env: VectorEnv[Test], episodes: int, seed: int) -> Evaluation:
    """Plays `episodes` episodes with `act`, which maps the observations of all environments to their actions.

    Each environment plays a fixed share (the first of them one more where it does not divide): taking the first
    episodes to finish would favour short ones. Environments start from `seed`, so the same policy scores the same twice.
    """
    check_same_step(env, "an evaluation")
    share = np.full(env.num_envs, episodes // env.num_envs)
    share[: episodes % env.num_envs] += 1
    returns: list[list[float]] = [[] for _ in range(env.num_envs)]
    lengths: list[list[int]] = [[] for _ in range(env.num_envs)]
    total, length = np.zeros(env.num_envs), np.zeros(env.num_envs, dtype=np.int64)
    obs = env.reset(seed)
    while any(len(r) < n for r, n in zip(returns, share)):
        if length.max() >= ENDLESS:
            raise EnvironmentFault(
                f"{env.id}: an episode of the evaluation has not ended in {ENDLESS:,} steps",
                "it neither terminates nor is truncated, so it has no return", fix="env.options.max_episode_steps=1000",
            )
        step = env.step(act(obs))
        obs = step.obs
        total += step.reward.cpu().numpy()
        length += 1
        for i in np.flatnonzero((step.terminated | step.truncated).cpu().numpy()):
            if len(returns[i]) < share[i]:
                returns[i].append(float(total[i]))
                lengths[i].append(int(length[i]))
            total[i], length[i] = 0.0, 0
    return Evaluation([r for part in returns for r in part], [n for part in lengths for n in part])
