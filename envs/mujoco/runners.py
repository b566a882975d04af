"""HalfCheetah, Hopper, Walker2d and Swimmer: forward speed less the cost of control."""

from __future__ import annotations

import numpy as np

from rlt.envs.mujoco.task import Bools, Float32s, Float64s, MujocoTask, Outcome, Parts, row_sums


class Runner(MujocoTask):
    """Rewarded for the speed of the first coordinate; shows positions, from `skipped` on, and velocities."""

    skipped, state_is_all = 1, True

    def before(self) -> Float64s:
        return self.gather("qpos")[:, 0].copy()  # it is compared with what the step leaves there

    def speed(self, before: Float64s, position: Float64s) -> Float64s:
        """Distance over time of the first coordinate."""
        return (position[:, 0] - before) / self.dt

    def show(self, position: Float64s, velocity: Float64s) -> Parts:
        """The observation."""
        first = self.skipped if self.example._exclude_current_positions_from_observation else 0
        return position[:, first:], velocity

    def effort(self, action: Float32s) -> Float32s:
        """The cost of control, in the action's precision."""
        cost: Float32s = self.example._ctrl_cost_weight * row_sums(np.square(action))
        return cost

    def outcome(self, before: Float64s, action: Float32s) -> Outcome:
        position, velocity = self.gather("qpos"), self.gather("qvel")
        forward = self.example._forward_reward_weight * self.speed(before, position)
        nowhere = np.zeros(self.num_envs, np.bool_)
        return self.show(position, velocity), forward - self.effort(action), nowhere


class HalfCheetah(Runner):
    """`HalfCheetah-v5`."""


class Swimmer(Runner):
    """`Swimmer-v5`."""

    skipped = 2


class Walker2d(Runner):
    """`Walker2d-v5`: paid for being healthy as well; velocities are shown between -10 and 10."""

    def healthy(self, position: Float64s, velocity: Float64s) -> Bools:
        """Height and angle are within their ranges."""
        (low, high), (left, right) = self.example._healthy_z_range, self.example._healthy_angle_range
        z, angle = position[:, 1], position[:, 2]
        return (low < z) & (z < high) & (left < angle) & (angle < right)

    def outcome(self, before: Float64s, action: Float32s) -> Outcome:
        position, velocity = self.gather("qpos"), self.gather("qvel")
        healthy = self.healthy(position, velocity)
        forward = self.example._forward_reward_weight * self.speed(before, position)
        reward = forward + healthy * self.example._healthy_reward - self.effort(action)
        terminated = ~healthy & bool(self.example._terminate_when_unhealthy)
        return self.show(position, np.clip(velocity, -10, 10)), reward, terminated


class Hopper(Walker2d):
    """`Hopper-v5`: every coordinate but the first two, and every velocity, is within the state range too."""

    def healthy(self, position: Float64s, velocity: Float64s) -> Bools:
        low, high = self.example._healthy_state_range
        state = np.concatenate((position, velocity), axis=1)[:, 2:]
        return super().healthy(position, velocity) & ((low < state) & (state < high)).all(axis=1)
