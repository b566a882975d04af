"""What a vector wrapper is: a frozen description, and what it becomes for one environment.

It works on the arrays of all copies at once, `[num_envs, …]` for each leaf of the observation. What it remembers from step
to step is one row for each copy, and moves in two ways only: `advance` with a step, `begin` with a new episode.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import Space, spaces
from numpy.typing import NDArray

from rlt.envs.layout import Arrays, Layout
from rlt.errors import SpaceError
from rlt.rl.stacked import Stacked

Rows = NDArray[np.intp]
Rewards = NDArray[np.float32]


@dataclass(frozen=True)
class Base:
    """The environment that is wrapped."""

    id: str
    observation_space: Space[Any]
    action_space: Space[Any]
    num_envs: int
    time_limit: int | None

    def pictures(self, wrapper: str) -> spaces.Box:
        """The observation space, where it is one of uint8 pictures; a `SpaceError` where it is not."""
        space = self.observation_space
        if not (isinstance(space, spaces.Box) and space.dtype == np.uint8 and len(space.shape) in (2, 3)):
            raise SpaceError(
                f"{wrapper} wants pictures", "expected: a Box of uint8, [height, width] or [height, width, channels]",
                f"got: {self.id} with observations {space}",
            )
        return space

    def box_actions(self, wrapper: str) -> spaces.Box:
        """The action space, where it is a Box; a `SpaceError` where it is not."""
        if not isinstance(self.action_space, spaces.Box):
            raise SpaceError(f"{wrapper} wants Box actions", f"got: {self.id} with actions {self.action_space}")
        return self.action_space


class Attached:
    """A wrapper on one environment. Arrays that it was given or has returned are never written to."""

    stacked: Stacked | None = None
    """What `VectorEnv.stacked` says of its observations."""

    def __init__(
        self, base: Base, observation_space: Space[Any] | None = None, action_space: Space[Any] | None = None
    ) -> None:
        self.observation_space = base.observation_space if observation_space is None else observation_space
        self.action_space = base.action_space if action_space is None else action_space
        self.inner = Layout(base.observation_space, "observation")

    @property
    def sees(self) -> bool:
        """Whether observations are others than those of what is wrapped."""
        own = type(self)
        return (own.look, own.advance, own.begin) != (Attached.look, Attached.advance, Attached.begin)

    def action(self, actions: Arrays) -> Arrays:
        """Actions for what is wrapped, from actions of `action_space`."""
        return actions

    def reward(self, reward: Rewards) -> Rewards:
        """Rewards for the agent."""
        return reward

    def look(self, obs: Arrays) -> Arrays:
        """Observations for the agent, of a wrapper that remembers nothing."""
        return obs

    def advance(self, obs: Arrays) -> Arrays:
        """Observations after a step of every copy."""
        return self.look(obs)

    def begin(self, obs: Arrays, rows: Rows) -> Arrays:
        """First observations of new episodes: `obs` has one row for each of `rows`."""
        return self.look(obs)

    def save(self) -> dict[str, Any] | None:
        """What is remembered, as a tree."""
        return None

    def restore(self, saved: Any) -> None:
        """Takes back what `save` gave."""


class VectorWrapper(ABC):
    """A frozen dataclass: what a person says of a wrapper."""

    @abstractmethod
    def attach(self, base: Base) -> Attached:
        """The wrapper on an environment. `SpaceError` or `ConfigError` where it does not fit."""
