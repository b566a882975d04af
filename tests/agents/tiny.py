"""Environments whose best policy and values are known by heart."""

from __future__ import annotations

import gymnasium as gym
import numpy as np

_ONE = gym.spaces.Box(-1, 1, (1,), np.float32)


class Tiny(gym.Env):
    """Subclasses say `start`, which draws the observation, and `act`."""

    observation_space = _ONE
    action_space = gym.spaces.Discrete(2)
    metadata = {"render_modes": []}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.t = 0
        return self.see(), {}

    def see(self):
        return np.zeros(1, np.float32)


class RightAction(Tiny):
    """One step; the observation's sign is the right action. Best return 1."""

    def see(self):
        self.sign = int(self.np_random.integers(2))
        return np.array([2 * self.sign - 1], np.float32)

    def step(self, action):
        return np.zeros(1, np.float32), float(action == self.sign), True, False, {}


class Patience(Tiny):
    """Action 0 ends at once with 1; action 1 leads to a second step worth 2. Best discounted return 2 gamma."""

    def see(self):
        return np.array([self.t], np.float32)

    def step(self, action):
        if self.t == 0 and action == 0:
            return self.see(), 1.0, True, False, {}
        self.t += 1
        return self.see(), 2.0 * (self.t == 2), self.t == 2, False, {}


class ForeverOne(Tiny):
    """Reward 1 for ever, cut after 5 steps: V is 1 / (1 - gamma) everywhere, and not 5."""

    def step(self, action):
        self.t += 1
        return np.zeros(1, np.float32), 1.0, False, self.t == 5, {}


class EndsAtFive(Tiny):
    """Reward 1, terminated after 5 steps."""

    def see(self):
        return np.array([self.t / 5], np.float32)

    def step(self, action):
        self.t += 1
        return self.see(), 1.0, self.t == 5, False, {}


class Target(Tiny):
    """One step; reward is minus the squared distance of the action to half the observation."""

    action_space = gym.spaces.Box(-2, 2, (1,), np.float32)

    def see(self):
        self.at = float(self.np_random.uniform(-1, 1))
        return np.array([self.at], np.float32)

    def step(self, action):
        return np.zeros(1, np.float32), -float((action[0] - self.at / 2) ** 2), True, False, {}
