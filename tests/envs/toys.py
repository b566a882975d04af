"""Small environments with one peculiarity each."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces


class Toy(gym.Env):
    """Counts steps; ends after `length`. Observation, reward and spaces are for subclasses to change."""

    def __init__(self, length: int = 5) -> None:
        self.length, self.t = length, 0
        self.observation_space: Any = spaces.Box(-1e6, 1e6, (2,), np.float32)
        self.action_space: Any = spaces.Discrete(3)

    def look(self) -> Any:
        return np.array([self.t, self.np_random.random()], np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.t = 0
        return self.look(), {}

    def step(self, action):
        self.t += 1
        return self.look(), float(np.sum(action)), self.t >= self.length, False, {}


class Shifted(Toy):
    """Discrete spaces that count from 5 and from -1."""

    def __init__(self) -> None:
        super().__init__()
        self.observation_space, self.action_space = spaces.Discrete(6, start=5), spaces.Discrete(3, start=-1)

    def look(self):
        return 5 + self.t


class Nested(Toy):
    """Every kind of leaf, in a Dict of a Tuple; the action is nested as well."""

    def __init__(self) -> None:
        super().__init__()
        self.observation_space = spaces.Dict(
            {
                "camera": spaces.Box(0, 255, (2, 3), np.uint8),
                "body": spaces.Tuple((spaces.Box(-1, 1, (2,), np.float64), spaces.MultiDiscrete([3, 4], start=[1, 0]))),
                "lamps": spaces.MultiBinary(3),
            }
        )
        arm, gear = spaces.Box(-1, 1, (2,), np.float32), spaces.Discrete(4, start=1)
        self.action_space = spaces.Dict({"arm": arm, "gear": gear})
        self.given: list[Any] = []

    def look(self):
        t = self.t % 3
        return {
            "camera": np.full((2, 3), 10 * t, np.uint8),
            "body": (np.array([t / 3, -1.0]), np.array([1 + t, t])),
            "lamps": np.array([1, 0, t == 0], np.int8),
        }

    def step(self, action):
        self.given.append(action)
        self.t += 1
        return self.look(), 0.5, self.t >= self.length, False, {}


class Masked(Toy):
    """Gives an action mask in each info."""

    def reset(self, *, seed=None, options=None):
        obs, _ = super().reset(seed=seed)
        return obs, {"action_mask": np.array([1, 0, 1], np.int8)}

    def step(self, action):
        obs, reward, terminated, truncated, _ = super().step(action)
        return obs, reward, terminated, truncated, {"action_mask": np.array([1, 1, self.t % 2], np.int8)}


class Raises(Toy):
    def step(self, action):
        if self.t == 3:
            raise ZeroDivisionError("the wheel came off")
        return super().step(action)


class NanObservation(Toy):
    def look(self):
        return np.array([0.0, np.nan if self.t == 2 else 1.0], np.float32)


class NanLastObservation(Toy):
    def look(self):
        return np.array([0.0, np.inf if self.t == self.length else 1.0], np.float32)


class NanReward(Toy):
    def step(self, action):
        obs, _, terminated, truncated, info = super().step(action)
        return obs, float("nan") if self.t == 2 else 0.0, terminated, truncated, info


class WrongShapeAtReset(Toy):
    def look(self):
        return np.zeros(3, np.float32)


class WrongShapeLater(Toy):
    def look(self):
        return np.zeros(2 if self.t < 3 else 1, np.float32)


class WrongDtype(Toy):
    def __init__(self) -> None:
        super().__init__()
        self.observation_space = spaces.Box(0, 255, (2,), np.uint8)


class RaisesInNumpy(Toy):
    def step(self, action):
        np.linalg.inv(np.zeros((2, 2)))


class RaisesAtReset(Toy):
    def reset(self, *, seed=None, options=None):
        raise LookupError("no track")


class OldStep(Toy):
    """The interface of old: four values."""

    def step(self, action):
        return self.look(), 0.0, False, {}


class FlagIsNumber(Toy):
    def step(self, action):
        return self.look(), 0.0, 0, False, {}


class OldReset(Toy):
    def reset(self, *, seed=None, options=None):
        return super().reset(seed=seed)[0]


class OldSeed(Toy):
    def reset(self):
        return super().reset()


class WrongReset(Toy):
    def reset(self, *, seed=None, options=None):
        return super().reset(seed=seed)[0], "no", "dict"


class HoldsALock(Toy):
    """Something that no tree of arrays can hold."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()


class HangsWithALock(HoldsALock):
    def step(self, action):
        time.sleep(1000)


class HoldsALockButSavesItself(HoldsALock):
    def get_state(self):
        return {"t": self.t}

    def set_state(self, state):
        self.t = state["t"]


@dataclass
class Body:
    x: float = 0.0
    trail: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Rules:
    speed: float = 0.5


class Walker(Toy):
    """Two names for one generator, a record made in reset, a frozen one."""

    def __init__(self) -> None:
        super().__init__(length=7)
        self.rules = Rules()
        self.body: Any = None
        self.rng: Any = None

    def reset(self, *, seed=None, options=None):
        gym.Env.reset(self, seed=seed)
        self.t, self.body, self.rng = 0, Body(), self.np_random
        return self.look(), {}

    def look(self):
        self.body.x += self.rules.speed * self.rng.normal()
        self.body.trail.append(self.np_random.normal())
        return np.array([self.body.x, sum(self.body.trail)], np.float32)


class Speaks(Toy):
    def __init__(self, space: Any) -> None:
        super().__init__()
        self.observation_space = space


class DrawsNonsense(Toy):
    render_mode = "rgb_array"

    def render(self):
        return np.zeros((4, 4))


class CannotStart(Toy):
    def __init__(self) -> None:
        raise OSError("no such track")


class Hangs(Toy):
    def step(self, action):
        time.sleep(1000)


class HangsForGood(Toy):
    """Lets nothing interrupt it."""

    def step(self, action):
        while True:
            with contextlib.suppress(BaseException):
                time.sleep(1000)


class HangsOnce(Toy):
    """In the third step, in the first process that comes there; the marks tell the next one."""

    def __init__(self, marks: str) -> None:
        super().__init__(length=9)
        self.marks = marks

    def step(self, action):
        if action == 2 and self.t == 2 and not os.listdir(self.marks):
            open(os.path.join(self.marks, "hung"), "w").close()
            time.sleep(1000)
        return super().step(action)


class Exits(Toy):
    def step(self, action):
        os._exit(3)


class Slow(Toy):
    """Waits, so that several processes are faster however busy the machine is. Shows how often it was reset."""

    resets = 0

    def reset(self, *, seed=None, options=None):
        self.resets += 1
        return super().reset(seed=seed)

    def look(self):
        time.sleep(0.004)
        return np.array([self.t, self.resets], np.float32)


class OwnersOnly(Slow):
    """Something that exists in one process only."""

    def __init__(self) -> None:
        super().__init__()
        if os.environ.get("RLT_TEST_OWNER") != str(os.getpid()):
            raise OSError("the device is taken")


gym.register("rlt-test/OwnersOnly-v0", entry_point="tests.envs.toys:OwnersOnly")
gym.register("rlt-test/Slow-v0", entry_point="tests.envs.toys:Slow")
gym.register("rlt-test/Raises-v0", entry_point="tests.envs.toys:Raises")
gym.register("rlt-test/Registered-v0", entry_point="tests.envs.toys:Toy", max_episode_steps=3)
