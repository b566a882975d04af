"""Acrobot: two links, fourth-order Runge-Kutta."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlt.envs.classic.task import Bools, ClassicTask, Float32s, Float64s, Rows, bound, power_of_two


class Acrobot(ClassicTask):
    """`gymnasium.envs.classic_control.acrobot.AcrobotEnv`."""

    def __init__(self, example: Any, num_envs: int) -> None:
        super().__init__(example, num_envs, dimension=4, draws=4, low=-0.1, high=0.1)
        self.constants = example
        self.torques = np.array(example.AVAIL_TORQUE)

    def begin(self, rows: Rows, drawn: Float64s) -> Float32s:
        start = drawn.astype(np.float32)  # Gymnasium rounds the state, and takes the sine of the rounded one in float32
        self.state[:, rows] = start.T
        return _observe(*start.T)

    def step(self, action: NDArray[Any]) -> tuple[Float32s, Float32s, Bools]:
        c, torque, start = self.constants, self.torques[action], self.state
        k1 = self._derivative(start, torque)
        k2 = self._derivative(start + c.dt / 2.0 * k1, torque)
        k3 = self._derivative(start + c.dt / 2.0 * k2, torque)
        k4 = self._derivative(start + c.dt * k3, torque)
        state = start + c.dt / 6.0 * (k1 + 2 * k2 + 2 * k3 + k4)
        _wrap(state[:2])
        state[2] = bound(state[2], -c.MAX_VEL_1, c.MAX_VEL_1)
        state[3] = bound(state[3], -c.MAX_VEL_2, c.MAX_VEL_2)
        self.state = state
        terminated = -np.cos(state[0]) - np.cos(state[1] + state[0]) > 1.0
        return _observe(*state), np.where(terminated, np.float32(0.0), np.float32(-1.0)), terminated

    def _derivative(self, state: Float64s, torque: Float64s) -> Float64s:
        c, g = self.constants, 9.8
        m1, m2, l1, lc1, lc2 = c.LINK_MASS_1, c.LINK_MASS_2, c.LINK_LENGTH_1, c.LINK_COM_POS_1, c.LINK_COM_POS_2
        inertia = c.LINK_MOI
        theta1, theta2, dtheta1, dtheta2 = state
        cos2, sin2 = np.cos(theta2), np.sin(theta2)
        d1 = m1 * lc1**2 + m2 * (l1**2 + lc2**2 + 2 * l1 * lc2 * cos2) + inertia + inertia
        d2 = m2 * (lc2**2 + l1 * lc2 * cos2) + inertia
        phi2 = m2 * lc2 * g * np.cos(theta1 + theta2 - np.pi / 2.0)
        phi1 = (
            -m2 * l1 * lc2 * power_of_two(dtheta2) * sin2
            - 2 * m2 * l1 * lc2 * dtheta2 * dtheta1 * sin2
            + (m1 * lc1 + m2 * l1) * g * np.cos(theta1 - np.pi / 2)
            + phi2
        )
        spread = m2 * lc2**2 + inertia - power_of_two(d2) / d1
        pull = torque + d2 / d1 * phi1
        if c.book_or_nips != "nips":
            pull = pull - m2 * l1 * lc2 * power_of_two(dtheta1) * sin2
        ddtheta2 = (pull - phi2) / spread
        return np.array((dtheta1, dtheta2, -(d2 * ddtheta2 + phi1) / d1, ddtheta2))


def _wrap(angles: Float64s) -> None:
    """Brings angles between -pi and pi by whole turns, in place."""
    turn = np.pi - (-np.pi)
    while (high := angles > np.pi).any():
        angles[high] -= turn
    while (low := angles < -np.pi).any():
        angles[low] += turn


def _observe(theta1: NDArray[Any], theta2: NDArray[Any], dtheta1: NDArray[Any], dtheta2: NDArray[Any]) -> Float32s:
    parts = (np.cos(theta1), np.sin(theta1), np.cos(theta2), np.sin(theta2), dtheta1, dtheta2)
    return np.array(parts).T.astype(np.float32, order="C")
