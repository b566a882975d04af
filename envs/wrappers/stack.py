"""The last observations together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from gymnasium import spaces
from gymnasium.vector.utils import batch_space

from rlt.envs.layout import Arrays
from rlt.envs.wrappers.wrapper import Attached, Base, Rows, VectorWrapper
from rlt.errors import ConfigError, SpaceError
from rlt.rl.stacked import Stacked


@dataclass(frozen=True)
class FrameStack(VectorWrapper):
    """The last `size` observations of the episode, oldest first, in a new first dimension."""

    size: int = 4
    padding: Literal["reset", "zero"] = "reset"
    """What stands for the steps before the first: the first observation again, or zeros."""

    def attach(self, base: Base) -> Attached:
        if self.size < 1:
            raise ConfigError(f"frame_stack: size={self.size} does not fit", "expected at least 1")
        if self.padding not in ("reset", "zero"):
            raise ConfigError(f"frame_stack: padding={self.padding} does not fit", "expected: reset or zero")
        return _Stacked(base, self.size, self.padding)


class _Stacked(Attached):
    def __init__(self, base: Base, size: int, padding: str) -> None:
        super().__init__(base, batch_space(base.observation_space, size))
        for leaf in self.inner.leaves:
            if not isinstance(leaf.space, spaces.Box):
                raise SpaceError(f"frame_stack wants Box observations, and {leaf.name} of {base.id} is {leaf.space}",
                                 fix="flatten before it")  # fmt: skip
        self._size, self._repeat = size, padding == "reset"
        if isinstance(base.observation_space, spaces.Box):
            self.stacked = Stacked(size, zeros=not self._repeat)
        self._held = [np.zeros((base.num_envs, size, *leaf.shape), leaf.dtype) for leaf in self.inner.leaves]

    def advance(self, obs: Arrays) -> Arrays:
        self._held = [np.concatenate((held[:, 1:], array[:, None]), axis=1) for held, array in zip(self._held, obs)]
        return self._held

    def begin(self, obs: Arrays, rows: Rows) -> Arrays:
        self._held = [held.copy() for held in self._held]
        for held, array in zip(self._held, obs):
            held[rows] = array[:, None] if self._repeat else 0
            held[rows, -1] = array
        return [held[rows] for held in self._held]

    def save(self) -> dict[str, Any]:
        return {"held": [held.copy() for held in self._held]}

    def restore(self, saved: Any) -> None:
        self._held = [np.array(held) for held in saved["held"]]
