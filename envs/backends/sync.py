"""Any Gymnasium environment, stepped in this process. The reference that the other backends are compared with."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlt.envs.action_reader import ActionReader
from rlt.envs.backends.vector import ArrayVectorEnv, Outcome, with_finals
from rlt.envs.group import Group
from rlt.envs.layout import Arrays
from rlt.envs.recipe import Recipe
from rlt.types import Purpose


class SyncVectorEnv(ArrayVectorEnv[Purpose]):
    """One `Group`, stepped in `recv`."""

    def __init__(self, recipe: Recipe) -> None:
        self._group = Group(recipe.source, recipe.num_envs, recipe.autoreset)
        actions = ActionReader(self._group.action_space, recipe.num_envs)
        super().__init__(recipe, "sync", self._group.observations, actions)
        self.render_fps = self._group.render_fps
        self._final = [np.zeros_like(array) for array in self._observations.allocate(self.num_envs)]

    @property
    def inexact_resume(self) -> str | None:  # type: ignore[override]
        """As the protocol says; asked anew each time, since an environment may only show in `reset` what it holds."""
        return self._group.inexact_resume

    def _reset(self, seed: int | None, only: NDArray[np.bool_] | None) -> tuple[Arrays, NDArray[np.bool_] | None]:
        if only is not None and self._current is not None:
            obs = [array.copy() for array in self._current]
            mask = None if self._mask is None else self._mask.copy()
            self._group.reset(seed, obs, mask, only)
            return obs, mask
        obs = self._observations.allocate(self.num_envs)
        mask = np.ones((self.num_envs, self._group.mask_size), np.bool_)
        self._group.reset(seed, obs, mask)
        return obs, mask if self._group.masks else None

    def _start(self, actions: Arrays) -> None:
        pass  # nothing runs beside the caller here: the step is made in `_finish`

    def _finish(self, actions: Arrays) -> Outcome:
        n = self.num_envs
        obs, reward = self._observations.allocate(n), np.empty(n, np.float32)
        terminated, truncated = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
        mask = np.empty((n, self._group.mask_size), np.bool_) if self._group.masks else None
        ended = self._group.step(actions, obs, self._final, reward, terminated, truncated, mask)
        final = with_finals(obs, self._final, ended) if ended and self.autoreset == "same_step" else obs
        return Outcome(obs, final, reward, terminated, truncated, mask)

    def _save(self) -> dict[str, Any]:
        return self._group.get_state()

    def _restore(self, state: dict[str, Any], obs: Arrays, mask: NDArray[np.bool_] | None) -> None:
        self._group.set_state(state, obs, mask)

    def _render(self, i: int) -> NDArray[np.uint8] | None:
        return self._group.render(i)

    def _close(self) -> None:
        self._group.close()
