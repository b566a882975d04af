"""InvertedPendulum and InvertedDoublePendulum."""

from __future__ import annotations

import numpy as np

from rlt.envs.classic.task import power_of_two
from rlt.envs.mujoco.task import Float32s, MujocoTask, Outcome


class InvertedPendulum(MujocoTask):
    """`InvertedPendulum-v5`: one for each step that the pole stands."""

    def before(self) -> None:
        return None

    def outcome(self, before: None, action: Float32s) -> Outcome:
        state = np.concatenate((self.gather("qpos"), self.gather("qvel")), axis=1)
        terminated = ~np.isfinite(state).all(axis=1) | (np.abs(state[:, 1]) > 0.2)
        return (state,), ~terminated, terminated


class InvertedDoublePendulum(MujocoTask):
    """`InvertedDoublePendulum-v5`: near the upright position of the tip, slow, and above a height of one."""

    def before(self) -> None:
        return None

    def outcome(self, before: None, action: Float32s) -> Outcome:
        position, velocity = self.gather("qpos"), self.gather("qvel")
        tip = self.gather("site_xpos")
        x, y = tip[:, 0], tip[:, 2]
        terminated = y <= 1
        distance = 0.01 * power_of_two(x) + power_of_two(y - 2)
        speed = 1e-3 * power_of_two(velocity[:, 1]) + 5e-3 * power_of_two(velocity[:, 2])
        reward = self.example._healthy_reward * ~terminated - distance - speed
        force = np.clip(self.gather("qfrc_constraint"), -10, 10)[:, :1]
        angles = position[:, 1:]
        shown = (position[:, :1], np.sin(angles), np.cos(angles), np.clip(velocity, -10, 10), force)
        return shown, reward, terminated
