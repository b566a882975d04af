"""CartPole."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlt.envs.classic.task import Bools, ClassicTask, Float32s, Float64s, Rows


class CartPole(ClassicTask):
    """`gymnasium.envs.classic_control.cartpole.CartPoleEnv`."""

    def __init__(self, example: Any, num_envs: int) -> None:
        super().__init__(example, num_envs, dimension=4, draws=4, low=-0.05, high=0.05)
        self.gravity, self.tau, self.length = example.gravity, example.tau, example.length
        self.pole_mass, self.total_mass, self.moment = example.masspole, example.total_mass, example.polemass_length
        self.forces = np.array([-example.force_mag, example.force_mag])
        self.limits = np.array([[example.x_threshold], [example.theta_threshold_radians]])
        sutton_barto = example._sutton_barto_reward
        self.reward_standing, self.reward_fallen = (0.0, -1.0) if sutton_barto else (1.0, 1.0)
        self.standing = np.full(num_envs, self.reward_standing, np.float32)

    def begin(self, rows: Rows, drawn: Float64s) -> Float32s:
        self.state[:, rows] = drawn.T
        return drawn.astype(np.float32)

    def pour(self, i: int, bare: Any, terminated: bool) -> None:
        super().pour(i, bare, terminated)
        bare.steps_beyond_terminated = 0 if terminated else None

    def step(self, action: NDArray[Any]) -> tuple[Float32s, Float32s, Bools]:
        _, x_dot, theta, theta_dot = self.state
        cos, sin = np.cos(theta), np.sin(theta)
        temp = (self.forces.take(action) + self.moment * (theta_dot * theta_dot) * sin) / self.total_mass
        theta_acc = (self.gravity * sin - cos * temp) / (
            self.length * (4.0 / 3.0 - self.pole_mass * (cos * cos) / self.total_mass)
        )
        rate = np.empty_like(self.state)
        rate[0], rate[2], rate[3] = x_dot, theta_dot, theta_acc
        np.subtract(temp, self.moment * theta_acc * cos / self.total_mass, out=rate[1])
        rate *= self.tau
        self.state = state = self.state + rate
        outside = np.abs(state[::2]) > self.limits
        fallen = outside[0] | outside[1]
        reward = self.standing.copy()
        if self.reward_fallen != self.reward_standing:
            reward[fallen] = self.reward_fallen
        return state.T.astype(np.float32, order="C"), reward, fallen
