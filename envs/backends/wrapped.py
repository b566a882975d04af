"""A vector environment of any backend with vector wrappers on top."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlt.envs.action_reader import ActionReader
from rlt.envs.backends.vector import ArrayVectorEnv, Outcome, with_rows
from rlt.envs.layout import Arrays, Layout
from rlt.envs.recipe import Recipe
from rlt.envs.wrappers.wrapper import Attached, Base
from rlt.types import Purpose

Flags = NDArray[np.bool_]


class WrappedVectorEnv(ArrayVectorEnv[Purpose]):
    """`inner` seen through the wrappers of `recipe`, innermost first."""

    def __init__(self, recipe: Recipe, inner: ArrayVectorEnv[Any]) -> None:
        self._inner = inner
        self._wrappers: list[Attached] = []
        observation_space, action_space = inner.single_observation_space, inner.single_action_space
        limit = recipe.source.time_limit
        for wrapper in recipe.vector_wrappers:
            attached = wrapper.attach(Base(inner.id, observation_space, action_space, inner.num_envs, limit))
            observation_space, action_space = attached.observation_space, attached.action_space
            self._wrappers.append(attached)
            if attached.sees:
                self.stacked = attached.stacked
        layout, actions = Layout(observation_space, "observation"), ActionReader(action_space, inner.num_envs)
        super().__init__(recipe, inner.backend, layout, actions)
        self.backend_reason, self.render_fps = inner.backend_reason, inner.render_fps
        self._all = np.arange(self.num_envs)
        self._over = np.zeros(self.num_envs, np.bool_)
        """Ended, and not reset yet: only under `next_step` and `disabled`."""

    @property
    def inexact_resume(self) -> str | None:  # type: ignore[override]
        """As the protocol says."""
        return self._inner.inexact_resume

    def _reset(self, seed: int | None, only: Flags | None) -> tuple[Arrays, Flags | None]:
        first, mask = self._inner.reset_arrays(seed, only)
        rows = self._all if only is None else np.flatnonzero(only)
        self._over[rows] = False
        if only is None or self._current is None:
            return self._begin(first, self._all), mask
        return with_rows(self._current, rows, self._begin([array[rows] for array in first], rows)), mask

    def _start(self, actions: Arrays) -> None:
        for wrapper in reversed(self._wrappers):
            actions = wrapper.action(actions)
        self._inner.send_arrays(actions)

    def _finish(self, actions: Arrays) -> Outcome:
        inner = self._inner.recv_arrays()
        reward = inner.reward
        for wrapper in self._wrappers:
            reward = wrapper.reward(reward)
        reached = inner.final
        for wrapper in self._wrappers:
            reached = wrapper.advance(reached)
        ended = inner.terminated | inner.truncated
        if self.autoreset == "same_step":
            begun = np.flatnonzero(ended)
            obs = reached
            if len(begun):
                obs = with_rows(reached, begun, self._begin([array[begun] for array in inner.obs], begun))
            return Outcome(obs, reached, reward, inner.terminated, inner.truncated, inner.mask)
        begun = np.flatnonzero(self._over) if self.autoreset == "next_step" else self._all[:0]
        if len(begun):  # for these the step was a reset: what `advance` made of it is forgotten
            reached = with_rows(reached, begun, self._begin([array[begun] for array in inner.obs], begun))
            reward = reward.copy()
            reward[begun] = 0.0
        self._over = ended
        return Outcome(reached, reached, reward, inner.terminated, inner.truncated, inner.mask)

    def _begin(self, obs: Arrays, rows: NDArray[np.intp]) -> Arrays:
        for wrapper in self._wrappers:
            obs = wrapper.begin(obs, rows)
        return obs

    def _save(self) -> dict[str, Any]:
        held = [wrapper.save() for wrapper in self._wrappers]
        return {"inner": self._inner.get_state(), "wrappers": held, "over": self._over.copy()}

    def _restore(self, state: dict[str, Any], obs: Arrays, mask: Flags | None) -> None:
        first, own_mask = self._inner.restore_arrays(state["inner"])
        self._over = np.array(state["over"])
        for wrapper, saved in zip(self._wrappers, state["wrappers"]):
            wrapper.restore(saved)
        if self._inner.inexact_resume is None:
            return
        self._over[:] = False  # new episodes have begun
        for array, begun in zip(obs, self._begin(first, self._all)):
            array[...] = begun
        if mask is not None and own_mask is not None:
            mask[:] = own_mask

    def _render(self, i: int) -> NDArray[np.uint8] | None:
        return self._inner.render(i)

    def _close(self) -> None:
        self._inner.close()
