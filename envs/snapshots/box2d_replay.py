"""Box2D: a world cannot be read out, but it can be lived again.

Saved are the generator (or the seed) and the wrappers' state from before the last reset, and the actions since. In a
new world that episode comes out equal to the bit; 500 actions of LunarLander take about 0.1 s.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np

from rlt.envs.snapshots import generator, plain


class Replay:
    """Watches one environment, wrappers included: `begin` before each reset, `record` before each step."""

    def __init__(self, env: gym.Env[Any, Any], wrappers: list[gym.Env[Any, Any]]) -> None:
        self.env, self.wrappers = env, wrappers
        self.actions: list[Any] = []
        self._before: dict[str, Any] | None = None
        self._unsaveable: str | None = None

    def begin(self, seed: int | None) -> None:
        """The environment is about to be reset, with `seed` or going on with its generator."""
        self.actions.clear()
        try:
            self._before = {
                "seed": seed,
                "generator": None if seed is not None else generator.save(self.env.unwrapped.np_random),
                "wrappers": [plain.save(wrapper) for wrapper in self.wrappers],
            }
        except plain.Unsaveable as error:
            self._unsaveable = str(error)

    @property
    def record(self) -> Callable[[Any], None]:
        """To be called with each action that the environment is about to be given, which nobody writes to again."""
        return self.actions.append

    def save(self) -> dict[str, Any]:
        """Raises `plain.Unsaveable` where a wrapper holds what cannot be saved."""
        if self._unsaveable is not None:
            raise plain.Unsaveable(self._unsaveable)
        if self._before is None:
            raise plain.Unsaveable("it was never reset")
        return {"before": self._before, "actions": np.stack(self.actions) if self.actions else None}

    def restore(self, state: dict[str, Any]) -> None:
        """Lives the saved episode again up to where it was."""
        before = state["before"]
        for wrapper, saved in zip(self.wrappers, before["wrappers"]):
            plain.restore(wrapper, saved)
        if before["generator"] is not None:
            generator.restore(self.env.unwrapped.np_random, before["generator"])
        self.begin(before["seed"])
        self.env.reset(seed=before["seed"])
        actions = state["actions"]
        if actions is None:
            return
        blind = self._without_pixels()
        try:
            for action in actions.tolist() if actions.ndim == 1 else actions:
                self.actions.append(np.array(action))
                self.env.step(action)
        finally:
            if blind:
                del vars(self.env.unwrapped)["_render"]

    def _without_pixels(self) -> bool:
        """CarRacing draws its observation, nine tenths of a step's time; nobody looks at it in a replay."""
        bare = self.env.unwrapped
        blind_to_pixels = (gym.wrappers.TimeLimit, gym.wrappers.OrderEnforcing, gym.wrappers.PassiveEnvChecker)
        if not hasattr(bare, "_render") or not all(isinstance(w, blind_to_pixels) for w in self.wrappers):
            return False
        vars(bare)["_render"] = lambda mode: None
        return True
