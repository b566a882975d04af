"""Actions: other bounds, or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from gymnasium.wrappers.utils import rescale_box

from rlt.envs.layout import Arrays
from rlt.envs.wrappers.wrapper import Attached, Base, VectorWrapper
from rlt.errors import ConfigError


@dataclass(frozen=True)
class RescaleAction(VectorWrapper):
    """Actions between `low` and `high`, mapped in straight lines to the environment's bounds."""

    low: float = -1.0
    high: float = 1.0

    def attach(self, base: Base) -> Attached:
        space = base.box_actions("rescale_action")
        if not self.low < self.high:
            raise ConfigError("rescale_action: low must be less than high", f"got: low={self.low}, high={self.high}")
        if not space.is_bounded():
            raise ConfigError("rescale_action wants actions with bounds", f"got: {base.id} with actions {space}")
        return _Rescaled(base, space, self.low, self.high)


class _Rescaled(Attached):
    def __init__(self, base: Base, space: spaces.Box, low: float, high: float) -> None:
        rescaled, _, self._backward = rescale_box(space, *np.array([low, high], space.dtype))
        super().__init__(base, action_space=rescaled)
        self._dtype: Any = np.float32

    def action(self, actions: Arrays) -> Arrays:
        return [self._backward(array).astype(self._dtype, copy=False) for array in actions]


@dataclass(frozen=True)
class ClipAction(VectorWrapper):
    """Any action, clipped to the environment's bounds."""

    def attach(self, base: Base) -> Attached:
        return _Clipped(base, base.box_actions("clip_action"))


class _Clipped(Attached):
    def __init__(self, base: Base, space: spaces.Box) -> None:
        super().__init__(base, action_space=spaces.Box(-np.inf, np.inf, space.shape, space.dtype))
        self._low, self._high = space.low, space.high

    def action(self, actions: Arrays) -> Arrays:
        return [np.clip(array, self._low, self._high) for array in actions]
