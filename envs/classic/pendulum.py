"""Pendulum."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.envs.classic_control.pendulum import DEFAULT_X, DEFAULT_Y
from numpy.typing import NDArray

from rlt.envs.classic.task import Bools, ClassicTask, Float32s, Float64s, Rows, bound, power_of_two


class Pendulum(ClassicTask):
    """`gymnasium.envs.classic_control.pendulum.PendulumEnv`. The torque is a float32, as the action is."""

    def __init__(self, example: Any, num_envs: int) -> None:
        high = np.array([DEFAULT_X, DEFAULT_Y])
        super().__init__(example, num_envs, dimension=2, draws=2, low=-high, high=high)
        self.constants = example

    def begin(self, rows: Rows, drawn: Float64s) -> Float32s:
        self.state[:, rows] = drawn.T
        return _observe(*drawn.T)

    def step(self, action: NDArray[Any]) -> tuple[Float32s, Float32s, Bools]:
        c = self.constants
        theta, theta_dot = self.state
        torque = bound(action[:, 0], -c.max_torque, c.max_torque)
        angle = ((theta + np.pi) % (2 * np.pi)) - np.pi
        effort = np.float32(0.001) * power_of_two(torque)
        costs = power_of_two(angle) + 0.1 * power_of_two(theta_dot) + effort
        pull, push = 3 * c.g / (2 * c.l), np.float32(3.0 / (c.m * c.l**2))
        theta_dot = theta_dot + (pull * np.sin(theta) + push * torque) * c.dt
        theta_dot = bound(theta_dot, -c.max_speed, c.max_speed)
        theta = theta + theta_dot * c.dt
        self.state = np.array((theta, theta_dot))
        return _observe(theta, theta_dot), (-costs).astype(np.float32), np.zeros(self.num_envs, np.bool_)


def _observe(theta: Float64s, theta_dot: Float64s) -> Float32s:
    observation = np.empty((len(theta), 3), np.float32)
    observation[:, 0], observation[:, 1], observation[:, 2] = np.cos(theta), np.sin(theta), theta_dot
    return observation
