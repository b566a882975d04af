"""Backend `vector`: a `gymnasium.vector.VectorEnv` of somebody's own, which steps all its copies by itself."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from rlt.envs import faults
from rlt.envs.action_reader import ActionReader
from rlt.envs.actions import ActionRows
from rlt.envs.autoreset import TransitionReader, mode_of
from rlt.envs.backends.vector import ArrayVectorEnv, Outcome
from rlt.envs.layout import Arrays
from rlt.envs.recipe import Recipe
from rlt.errors import ConfigError, EnvironmentFault
from rlt.types import Purpose


class GymnasiumVectorEnv(ArrayVectorEnv[Purpose]):
    """Resets in the same step: by itself in mode SAME_STEP, by `reset(options={"reset_mask": …})` in mode DISABLED."""

    def __init__(self, recipe: Recipe) -> None:
        source, n = recipe.source, recipe.num_envs
        if recipe.autoreset != "same_step":
            raise ConfigError(f"{source.id} steps all its copies by itself, and rlt resets them in the same step only")
        self._env: gym.vector.VectorEnv[Any, Any, Any] = source.build_vector(n)
        mode = mode_of(self._env)
        if mode not in ("same_step", "disabled"):
            self._env.close()
            raise EnvironmentFault(
                f"{source.id} resets only on the step after an episode's end, so that it steps no transition there",
                f"its metadata say autoreset_mode={mode}", "expected: SAME_STEP or DISABLED",
                fix='metadata = {"autoreset_mode": gymnasium.vector.AutoresetMode.SAME_STEP}, and resets there',
            )
        self._reader = TransitionReader(mode, self._env.single_observation_space, n)
        self._rows = ActionRows(self._env.single_action_space)
        super().__init__(recipe, "vector", self._reader.layout, ActionReader(self._env.single_action_space, n))
        self._steps = 0

    @property
    def inexact_resume(self) -> str | None:  # type: ignore[override]
        """As the protocol says."""
        if callable(getattr(self._env, "get_state", None)) and callable(getattr(self._env, "set_state", None)):
            return None
        return f"{type(self._env).__qualname__} offers no get_state and set_state"

    def _reset(self, seed: int | None, only: NDArray[np.bool_] | None) -> tuple[Arrays, None]:
        if only is not None:
            raise EnvironmentFault(f"{self.id}: reset(only=…) is not for an environment that steps all its copies by itself")
        self._reader.begin(self._env.reset(seed=seed)[0])
        self._steps = 0
        faults.check_finite(self.id, self._observations, self._reader.current, None, 0, None, range(self.num_envs))
        return self._reader.current, None

    def _start(self, actions: Arrays) -> None:
        pass  # the step is made in `_finish`

    def _finish(self, actions: Arrays) -> Outcome:
        self._steps += 1
        rows = self._rows(actions)
        space = self._env.single_action_space
        empty: Any = gym.vector.utils.create_empty_array(space, self.num_envs)
        batch = gym.vector.utils.concatenate(space, rows, empty)
        try:
            obs, reward, terminated, truncated, info = self._env.step(batch)
            made = self._reader.read(batch, obs, reward, terminated, truncated, info)
        except Exception as error:
            raise EnvironmentFault(f"{self.id} failed in step {self._steps}", *faults.cause(error)) from error
        if self._reader.over.any():
            ended = self._reader.over.copy()
            self._reader.begin(self._env.reset(options={"reset_mask": ended})[0], ended)
        numbers = range(self.num_envs)
        for arrays in (made.next_obs, self._reader.current):
            faults.check_finite(self.id, self._observations, arrays, made.reward, self._steps, rows, numbers)
        ends = bool((made.terminated | made.truncated).any())
        current = self._reader.current
        return Outcome(current, made.next_obs if ends else current, made.reward, made.terminated, made.truncated, None)

    def _save(self) -> dict[str, Any]:
        own: Any = self._env
        return {"own": own.get_state() if self.inexact_resume is None else None, "steps": self._steps}

    def _restore(self, state: dict[str, Any], obs: Arrays, mask: NDArray[np.bool_] | None) -> None:
        own: Any = self._env
        self._steps = int(state["steps"])
        self._reader.over[:] = False
        if state["own"] is None:
            self._reset(None, None)
            for array, first in zip(obs, self._reader.current):
                array[...] = first
            return
        if self._current is None:
            self._reset(0, None)  # what is made in reset is there when it is restored
        own.set_state(state["own"])
        self._reader.current = [array.copy() for array in obs]

    def _render(self, i: int) -> NDArray[np.uint8] | None:
        raise faults.no_picture(self.id)

    def _close(self) -> None:
        self._env.close()
