"""Rewards: scaled, clipped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rlt.envs.wrappers.wrapper import Attached, Base, Rewards, VectorWrapper
from rlt.errors import ConfigError


@dataclass(frozen=True)
class ScaleReward(VectorWrapper):
    """Rewards times `scale`. They are float32 already: a float64 reward scaled first may round to the next number."""

    scale: float

    def attach(self, base: Base) -> Attached:
        return _Scaled(base, self.scale)


class _Scaled(Attached):
    def __init__(self, base: Base, scale: float) -> None:
        super().__init__(base)
        self._scale = scale

    def reward(self, reward: Rewards) -> Rewards:
        return (reward.astype(np.float64) * self._scale).astype(np.float32)


@dataclass(frozen=True)
class ClipReward(VectorWrapper):
    """Rewards between `low` and `high`; None leaves an end open."""

    low: float | None = -1.0
    high: float | None = 1.0

    def attach(self, base: Base) -> Attached:
        low = -np.inf if self.low is None else self.low
        high = np.inf if self.high is None else self.high
        if not low <= high:
            raise ConfigError("clip_reward: low must not be above high", f"got: low={self.low}, high={self.high}")
        return _Clipped(base, low, high)


class _Clipped(Attached):
    def __init__(self, base: Base, low: float, high: float) -> None:
        super().__init__(base)
        self._low, self._high = np.float32(low), np.float32(high)

    def reward(self, reward: Rewards) -> Rewards:
        return np.clip(reward, self._low, self._high)
