"""What changes when an episode is stepped or ends, and so must sit below the resets: on each sub-environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np

from rlt.errors import ConfigError

Env = gym.Env[Any, Any]


@dataclass(frozen=True)
class TimeLimit:
    """Truncates episodes after `steps` steps, whatever limit the environment brings. `native` has it too."""

    steps: int

    def __call__(self, env: Env) -> Env:
        if self.steps < 1:
            raise ConfigError(f"time_limit: steps={self.steps} does not fit", "expected at least 1")
        return gym.wrappers.TimeLimit(env, self.steps)


@dataclass(frozen=True)
class FrameSkip:
    """Repeats each action `skip` times and adds the rewards up, to the end of the episode at most."""

    skip: int = 4
    maximum: bool = False
    """Show the maximum of the last two frames, for screens that flicker."""

    def __call__(self, env: Env) -> Env:
        if self.skip < 1:
            raise ConfigError(f"frame_skip: skip={self.skip} does not fit", "expected at least 1")
        if self.maximum and not isinstance(env.observation_space, gym.spaces.Box):
            raise ConfigError("frame_skip: maximum=true wants Box observations", f"got: {env.observation_space}")
        return Skipping(env, self.skip, self.maximum)


class Skipping(gym.Wrapper[Any, Any, Any, Any]):
    """`FrameSkip` on one environment."""

    def __init__(self, env: Env, skip: int, maximum: bool) -> None:
        super().__init__(env)
        self.skip, self.maximum = skip, maximum

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        total = 0.0
        before: Any = None
        obs: Any = None
        for _ in range(self.skip):
            before = obs
            obs, reward, terminated, truncated, info = self.env.step(action)
            total += float(reward)
            if terminated or truncated:
                break
        shown = np.maximum(before, obs) if self.maximum and before is not None else obs
        return shown, total, terminated, truncated, info
