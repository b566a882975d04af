"""Gymnasium's Box2D tasks with one change: a new `b2World` at each reset, as LunarLander does it itself.

Gymnasium's BipedalWalker and CarRacing keep one world over all episodes. What Box2D caches in it (contacts, warm
starts, the broad phase) reaches into the next episode, so the same generator state and actions give another trajectory
when replayed in a fresh process. With a new world an episode depends on nothing but the generator at its reset.
"""

from __future__ import annotations

from typing import Any

import Box2D
from gymnasium.envs.box2d.bipedal_walker import BipedalWalker as _BipedalWalker
from gymnasium.envs.box2d.car_racing import CarRacing as _CarRacing


class BipedalWalker(_BipedalWalker):
    """`BipedalWalker-v3` and `BipedalWalkerHardcore-v3`."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        self.world.contactListener = None
        self.world = Box2D.b2World()
        self.terrain = []  # nothing for Gymnasium's _destroy to do: the bodies went with their world
        return super().reset(seed=seed, options=options)


class CarRacing(_CarRacing):
    """`CarRacing-v3`."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        self.world.contactListener = None
        self.world = Box2D.b2World((0, 0))
        self.road = None
        return super().reset(seed=seed, options=options)
