"""Backend `native`: one task that steps all its copies at once; this file adds time limits and resets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from gymnasium import Space
from numpy.typing import NDArray

from rlt.envs import faults
from rlt.envs.action_reader import ActionReader
from rlt.envs.backends.vector import ArrayVectorEnv, Outcome
from rlt.envs.layout import Arrays, Layout
from rlt.envs.recipe import Recipe
from rlt.types import Purpose

Rows = NDArray[np.intp]


class BatchTask(Protocol):
    """`num_envs` copies of one task with one Box of observations, stepped by one call."""

    observation_space: Space[Any]
    action_space: Space[Any]

    def reset(self, rows: Rows, seeds: Sequence[int | None] | None) -> NDArray[np.float32]:
        """New episodes for `rows`; returns their first observations.

        With `seeds`, each gets a new generator from its seed; from the system, if it has none yet, where that is None.
        """

    def start(self, action: NDArray[Any]) -> None:
        """Begins a step; `action` is not written to until `finish` returns."""

    def finish(self) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
        """Observations, rewards and terminations of all, in arrays that are never written to again."""

    def save(self) -> dict[str, Any]:
        """What future steps depend on."""

    def restore(self, saved: dict[str, Any]) -> None:
        """Goes on from `save`."""

    def close(self) -> None:
        """Frees what the task holds."""


class BatchVectorEnv(ArrayVectorEnv[Purpose]):
    """A `BatchTask` with Gymnasium's time limit, autoreset and checks."""

    def __init__(self, recipe: Recipe, task: BatchTask, time_limit: int | None) -> None:
        actions = ActionReader(task.action_space, recipe.num_envs)
        super().__init__(recipe, "native", Layout(task.observation_space, "observation"), actions)
        self.inexact_resume = None
        self._task, self._limit = task, time_limit
        self._elapsed = np.zeros(self.num_envs, np.int64)
        self._over = np.zeros(self.num_envs, np.bool_)
        """Ended, and not reset yet: only under `next_step` and `disabled`."""
        self._all = np.arange(self.num_envs)
        self._steps = 0

    def _reset(self, seed: int | None, only: NDArray[np.bool_] | None) -> tuple[Arrays, None]:
        rows = self._all if only is None else np.flatnonzero(only)
        seeds = [None if seed is None else seed + int(i) for i in rows]
        first = self._task.reset(rows, seeds)
        self._elapsed[rows], self._over[rows] = 0, False
        if only is None or self._current is None:
            self._steps = 0
            return [first], None
        obs = self._current[0].copy()
        obs[rows] = first
        return [obs], None

    def _start(self, actions: Arrays) -> None:
        if self.autoreset == "disabled" and self._over.any():
            raise faults.ended(self.id, int(np.flatnonzero(self._over)[0]))
        self._task.start(actions[0])

    def _finish(self, actions: Arrays) -> Outcome:
        self._steps += 1
        obs, reward, terminated = self._task.finish()
        faults.check_finite(self.id, self._observations, [obs], reward, self._steps, actions[0], self._all)
        self._elapsed += 1
        if self._limit is None:
            truncated = np.zeros(self.num_envs, np.bool_)
        else:
            truncated = self._elapsed >= self._limit
        if self.autoreset == "next_step" and self._over.any():
            self._restart_waiting(obs, reward, terminated, truncated)
        done = terminated | truncated
        ended = np.flatnonzero(done)
        if not len(ended):
            return Outcome(parts := [obs], parts, reward, terminated, truncated, None)
        if self.autoreset != "same_step":
            self._over = done
            return Outcome(parts := [obs], parts, reward, terminated, truncated, None)
        final = obs.copy()
        obs[ended] = self._task.reset(ended, None)
        self._elapsed[ended] = 0
        return Outcome([obs], [final], reward, terminated, truncated, None)

    def _restart_waiting(self, obs: Any, reward: Any, terminated: Any, truncated: Any) -> None:
        """What was stepped there is thrown away: the step after an end is a reset."""
        rows = np.flatnonzero(self._over)
        obs[rows] = self._task.reset(rows, None)
        reward[rows], terminated[rows], truncated[rows] = 0.0, False, False
        self._elapsed[rows], self._over[rows] = 0, False

    def _save(self) -> dict[str, Any]:
        body = {"elapsed": self._elapsed.copy(), "over": self._over.copy(), "steps": self._steps}
        return body | {"task": self._task.save()}

    def _restore(self, state: dict[str, Any], obs: Arrays, mask: NDArray[np.bool_] | None) -> None:
        self._elapsed[:], self._over[:], self._steps = state["elapsed"], state["over"], int(state["steps"])
        self._task.restore(state["task"])

    def _close(self) -> None:
        self._task.close()
