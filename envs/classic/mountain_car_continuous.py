"""MountainCarContinuous.

Gymnasium's class keeps its state in float32, but for the first step of an episode, which starts from the float64 that
was drawn; and a force within bounds is a float32, one cut at a bound a Python float. Each row follows its own case.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlt.envs.classic.task import Bools, ClassicTask, Float32s, Float64s, Rows, bound
from rlt.envs.layout import anywhere


class MountainCarContinuous(ClassicTask):
    """`gymnasium.envs.classic_control.continuous_mountain_car.Continuous_MountainCarEnv`."""

    def __init__(self, example: Any, num_envs: int) -> None:
        super().__init__(example, num_envs, dimension=2, draws=1, low=-0.6, high=-0.4)
        self.power, self.max_action = float(example.power), float(example.max_action)
        names = ("min_position", "max_position", "max_speed", "goal_position", "goal_velocity")
        numbers = [-example.max_speed, *(getattr(example, name) for name in names)]
        # Arrays without a dimension: NumPy takes three times as long to take in a number.
        self.constants = {kind: [np.array(number, kind) for number in numbers] for kind in (np.float32, np.float64)}
        self.power32, self.most32 = np.array(self.power, np.float32), np.array(self.max_action, np.float32)
        self.fresh, self.any_fresh = np.zeros(num_envs, np.bool_), False

    def begin(self, rows: Rows, drawn: Float64s) -> Float32s:
        self.state[0, rows], self.state[1, rows] = drawn[:, 0], 0.0
        self.fresh[rows] = self.any_fresh = True
        return self.state[:, rows].T.astype(np.float32, order="C")

    def step(self, action: NDArray[Any]) -> tuple[Float32s, Float32s, Bools]:
        push = action[:, 0]
        obs, terminated = self._move(self.state, push, np.float32)
        if self.any_fresh:
            rows = np.flatnonzero(self.fresh)
            obs[rows], terminated[rows] = self._move(self.state[:, rows], push[rows], np.float64)
            self.fresh[:] = self.any_fresh = False
        self.state = obs.T.astype(np.float64)
        # The square of a float32 is exact in float64, so that it equals Gymnasium's `math.pow`.
        cost = np.square(push, dtype=np.float64) * 0.1
        reward = 100.0 * terminated - cost if anywhere(terminated) else 0 - cost
        return obs, reward.astype(np.float32), terminated

    def _move(
        self, state: NDArray[Any], push: Float32s, precision: type[np.float32] | type[np.float64]
    ) -> tuple[Float32s, Bools]:
        back, left, right, fastest, goal, least = self.constants[precision]
        position, velocity = state.astype(precision)
        slope = np.array([0.0025 * math.cos(angle) for angle in (3 * position).tolist()])
        within = self.power32 * push - slope.astype(np.float32)
        beyond = np.abs(push) > self.most32
        if anywhere(beyond):
            cut = np.sign(push).astype(np.float64) * self.max_action * self.power - slope
            velocity = velocity + np.where(beyond, cut.astype(precision), within.astype(precision))
        else:
            velocity = velocity + within
        velocity = bound(velocity, back, fastest)
        position = bound(position + velocity, left, right)
        if anywhere(stopped := position == left):
            velocity[stopped & (velocity < 0)] = 0
        terminated = position >= goal
        if anywhere(terminated):
            terminated &= velocity >= least
        # Held as float32 from here on, as Gymnasium's state is.
        obs = np.empty((len(position), 2), np.float32)
        obs[:, 0], obs[:, 1] = position, velocity
        return obs, terminated

    def pour(self, i: int, bare: Any, terminated: bool) -> None:
        super().pour(i, bare, terminated)
        if not self.fresh[i]:
            bare.state = bare.state.astype(np.float32)

    def take(self, i: int, bare: Any) -> None:
        super().take(i, bare)
        self.fresh[i] = np.asarray(bare.state).dtype == np.float64
        self.any_fresh = bool(self.fresh.any())
