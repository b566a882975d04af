"""Humanoid and HumanoidStandup."""

from __future__ import annotations

import numpy as np

from rlt.envs.mujoco.task import Float32s, Float64s, MujocoTask, Outcome, Parts, row_sums


class Body(MujocoTask):
    """What both show: positions, velocities, inertia, centre-of-mass velocities, actuator and contact forces."""

    contact_forces = True

    def show(self) -> Parts:
        """The observation."""
        form, position = self.example, self.gather("qpos")
        parts = [position[:, 2:] if form._exclude_current_positions_from_observation else position, self.gather("qvel")]
        if form._include_cinert_in_observation is True:
            parts.append(self.gather("cinert", first=1))
        if form._include_cvel_in_observation is True:
            parts.append(self.gather("cvel", first=1))
        if form._include_qfrc_actuator_in_observation is True:
            parts.append(self.gather("qfrc_actuator", first=6))
        if form._include_cfrc_ext_in_observation is True:
            parts.append(self.gather("cfrc_ext", first=1))
        return parts

    def effort(self) -> Float64s:
        """The cost of control, of the data's float64 controls."""
        cost: Float64s = self.example._ctrl_cost_weight * row_sums(np.square(self.gather("ctrl")))
        return cost


class Humanoid(Body):
    """`Humanoid-v5`: speed of the centre of mass, health, cost of control and of contacts."""

    def before(self) -> Float64s:
        mass = self.model.body_mass[:, None]
        weighted = mass * self.gather("xipos").reshape(self.num_envs, -1, 3)
        centre: Float64s = (weighted.sum(axis=1) / np.sum(mass))[:, 0]
        return centre

    def outcome(self, before: Float64s, action: Float32s) -> Outcome:
        form, height = self.example, self.gather("qpos")[:, 2]
        low, high = form._healthy_z_range
        healthy = (low < height) & (height < high)
        forward = form._forward_reward_weight * ((self.before() - before) / self.dt)
        contact = form._contact_cost_weight * row_sums(np.square(self.gather("cfrc_ext")))
        contact = np.clip(contact, *form._contact_cost_range)
        reward = (forward + healthy * form._healthy_reward) - (self.effort() + contact)
        return self.show(), reward, ~healthy & bool(form._terminate_when_unhealthy)


class HumanoidStandup(Body):
    """`HumanoidStandup-v5`: height over one time step of the physics, cost of control and of impacts."""

    def before(self) -> None:
        return None

    def outcome(self, before: None, action: Float32s) -> Outcome:
        form, height = self.example, self.gather("qpos")[:, 2]
        impact = form._impact_cost_weight * row_sums(np.square(self.gather("cfrc_ext")))
        impact = np.clip(impact, *form._impact_cost_range)
        reward = (height - 0) / self.model.opt.timestep - self.effort() - impact + 1
        return self.show(), reward, np.zeros(self.num_envs, np.bool_)
