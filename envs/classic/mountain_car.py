"""MountainCar, with three discrete actions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlt.envs.classic.task import Bools, ClassicTask, Float32s, Float64s, Rows, bound


class MountainCar(ClassicTask):
    """`gymnasium.envs.classic_control.mountain_car.MountainCarEnv`."""

    def __init__(self, example: Any, num_envs: int) -> None:
        super().__init__(example, num_envs, dimension=2, draws=1, low=-0.6, high=-0.4)
        self.constants = example

    def begin(self, rows: Rows, drawn: Float64s) -> Float32s:
        self.state[0, rows], self.state[1, rows] = drawn[:, 0], 0.0
        return self.state[:, rows].T.astype(np.float32, order="C")

    def step(self, action: NDArray[Any]) -> tuple[Float32s, Float32s, Bools]:
        c = self.constants
        position, velocity = self.state
        slope = np.array([math.cos(angle) for angle in (3 * position).tolist()])
        velocity = velocity + ((action - 1) * c.force + slope * (-c.gravity))
        velocity = bound(velocity, -c.max_speed, c.max_speed)
        position = bound(position + velocity, c.min_position, c.max_position)
        velocity[(position == c.min_position) & (velocity < 0)] = 0.0
        self.state = np.array((position, velocity))
        terminated = (position >= c.goal_position) & (velocity >= c.goal_velocity)
        reward = np.full(self.num_envs, -1.0, np.float32)
        return self.state.T.astype(np.float32, order="C"), reward, terminated
