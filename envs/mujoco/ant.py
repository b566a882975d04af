"""Ant."""

from __future__ import annotations

import numpy as np

from rlt.envs.mujoco.task import Float32s, Float64s, MujocoTask, Outcome, row_sums


class Ant(MujocoTask):
    """`Ant-v5`: speed of the main body, health, cost of control and of contacts."""

    contact_forces = True

    def before(self) -> Float64s:
        return self.place().copy()  # it is compared with what the step leaves there

    def place(self) -> Float64s:
        """The first coordinate of the main body."""
        body = self.model.body(self.example._main_body).id
        return self.gather("xpos")[:, 3 * body]

    def outcome(self, before: Float64s, action: Float32s) -> Outcome:
        ant, position, velocity = self.example, self.gather("qpos"), self.gather("qvel")
        low, high = ant._contact_force_range
        forces = np.clip(self.gather("cfrc_ext"), low, high)
        state = np.concatenate((position, velocity), axis=1)
        low, high = ant._healthy_z_range
        healthy = np.isfinite(state).all(axis=1) & (low <= state[:, 2]) & (state[:, 2] <= high)
        forward = (self.place() - before) / self.dt * ant._forward_reward_weight
        effort = ant._ctrl_cost_weight * row_sums(np.square(action))
        contact = ant._contact_cost_weight * row_sums(np.square(forces))
        reward = (forward + healthy * ant._healthy_reward) - (effort + contact)
        shown = [state[:, 2:] if ant._exclude_current_positions_from_observation else state]
        if ant._include_cfrc_ext_in_observation:
            shown.append(forces[:, 6:])  # without the world's
        return shown, reward, ~healthy & bool(ant._terminate_when_unhealthy)
