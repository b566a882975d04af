"""Backend `native`: one task that steps all its copies at once; this file adds time limits and resets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import gymnasium as gym
import numpy as np
from gymnasium import Space
from numpy.typing import NDArray

from rlt.envs import faults, snapshots
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

    def pour(self, i: int, bare: Any, terminated: bool) -> None:
        """Puts copy i into `bare`, an instance of Gymnasium's class, as if it had lived there."""

    def take(self, i: int, bare: Any) -> None:
        """Puts what `bare` holds, after `pour` and changes to it, into copy i."""

    def close(self) -> None:
        """Frees what the task holds."""


class Clock:
    """Steps since each copy's reset, against a time limit. Which copies are old is looked at only once one can be."""

    def __init__(self, num_envs: int, limit: int | None) -> None:
        self._limit, self._now, self._began = limit, 0, np.zeros(num_envs, np.int64)
        self._soonest = 0
        """No copy reaches the limit before this step."""

    def restart(self, rows: Rows, elapsed: int = 0) -> None:
        """Copies that have made `elapsed` steps by now."""
        self._began[rows] = self._now - elapsed
        if elapsed:
            self._soonest = 0

    def elapsed(self, i: int) -> int:
        """Steps of copy i."""
        return int(self._now - self._began[i])

    def tick(self) -> NDArray[np.bool_]:
        """One more step of each; which have reached the limit."""
        self._now += 1
        if self._limit is not None and self._now >= self._soonest:
            self._soonest = int(self._began.min()) + self._limit
            if self._now >= self._soonest:
                return self._now - self._began >= self._limit
        return np.zeros(len(self._began), np.bool_)


class BatchVectorEnv(ArrayVectorEnv[Purpose]):
    """A `BatchTask` with Gymnasium's time limit, autoreset and checks.

    `form` is one environment as `sync` would have it, wrappers included. A copy's state is read out of it and into it, so
    that it is the same tree on every backend.
    """

    def __init__(self, recipe: Recipe, task: BatchTask, form: gym.Env[Any, Any]) -> None:
        actions = ActionReader(task.action_space, recipe.num_envs)
        super().__init__(recipe, "native", Layout(task.observation_space, "observation"), actions)
        self.inexact_resume = None
        self._recipe_options = recipe.made_of["options"]
        try:
            form.reset(seed=0)  # what is made in reset is there when it is restored
        except Exception as error:
            raise faults.batch_failed(self.id, "a reset", error, self._recipe_options) from error
        self._task, self._form, self._snapshot = task, form, snapshots.snapshot_of(form)
        self._limits: list[Any] = [layer for layer in snapshots.layers(form) if isinstance(layer, gym.wrappers.TimeLimit)]
        limit = min((int(layer._max_episode_steps) for layer in self._limits), default=None)
        self._clock = Clock(self.num_envs, limit)
        self._over = np.zeros(self.num_envs, np.bool_)
        """Ended, and not reset yet: only under `next_step` and `disabled`."""
        self._terminated = np.zeros(self.num_envs, np.bool_)
        """Which of these terminated."""
        self._all = np.arange(self.num_envs)
        self._steps = 0

    def _reset(self, seed: int | None, only: NDArray[np.bool_] | None) -> tuple[Arrays, None]:
        rows = self._all if only is None else np.flatnonzero(only)
        seeds = [None if seed is None else seed + int(i) for i in rows]
        try:
            first = self._task.reset(rows, seeds)
        except Exception as error:
            raise faults.batch_failed(self.id, "a reset", error, self._recipe_options) from error
        self._clock.restart(rows)
        self._over[rows] = False
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
        try:
            obs, reward, terminated = self._task.finish()
        except Exception as error:
            raise faults.batch_failed(self.id, f"step {self._steps}", error, self._recipe_options) from error
        faults.check_finite(self.id, self._observations, [obs], reward, self._steps, actions[0], self._all)
        truncated = self._clock.tick()
        if self.autoreset == "next_step" and self._over.any():
            self._restart_waiting(obs, reward, terminated, truncated)
        done = terminated | truncated
        ended = done.nonzero()[0]
        if not len(ended):
            return Outcome(parts := [obs], parts, reward, terminated, truncated, None)
        if self.autoreset != "same_step":
            self._over, self._terminated = done, terminated
            return Outcome(parts := [obs], parts, reward, terminated, truncated, None)
        final = obs.copy()
        obs[ended] = self._task.reset(ended, None)
        self._clock.restart(ended)
        return Outcome([obs], [final], reward, terminated, truncated, None)

    def _restart_waiting(self, obs: Any, reward: Any, terminated: Any, truncated: Any) -> None:
        """What was stepped there is thrown away: the step after an end is a reset."""
        rows = np.flatnonzero(self._over)
        obs[rows] = self._task.reset(rows, None)
        reward[rows], terminated[rows], truncated[rows] = 0.0, False, False
        self._clock.restart(rows)
        self._over[rows] = False

    def _save(self) -> dict[str, Any]:
        states = []
        for i in range(self.num_envs):
            self._task.pour(i, self._form.unwrapped, bool(self._over[i] and self._terminated[i]))
            for layer in self._limits:
                layer._elapsed_steps = self._clock.elapsed(i)
            states.append({"exact": self._snapshot.save()})
        return {"envs": states, "over": self._over.copy(), "steps": self._steps}

    def _restore(self, state: dict[str, Any], obs: Arrays, mask: NDArray[np.bool_] | None) -> None:
        self._over, self._steps = np.array(state["over"]), int(state["steps"])
        self._terminated[:] = False
        if self._current is None:
            self._task.reset(self._all, [0] * self.num_envs)  # each copy has its generator, to be put where it was
        for i, saved in enumerate(state["envs"]):
            self._task.pour(i, self._form.unwrapped, False)
            self._snapshot.restore(saved["exact"])
            self._task.take(i, self._form.unwrapped)
            self._clock.restart(self._all[i : i + 1], self._limits[0]._elapsed_steps if self._limits else 0)

    def _render(self, i: int) -> NDArray[np.uint8] | None:
        raise faults.no_picture(self.id)

    def _close(self) -> None:
        self._task.close()
        self._form.close()
