"""Reacher and Pusher: near the goal, with little control."""

from __future__ import annotations

import numpy as np

from rlt.envs.mujoco.task import Float32s, Float64s, MujocoTask, Outcome, Parts, row_sums


class Arm(MujocoTask):
    """What both need: places of bodies, distances, the cost of control."""

    def before(self) -> None:
        return None

    def body(self, name: str) -> Float64s:
        """Where a body is: `[num_envs, 3]`."""
        index = self.model.body(name).id
        return self.gather("xpos")[:, 3 * index : 3 * index + 3]

    def effort(self, action: Float32s) -> Float32s:
        """The reward for little control: at most 0."""
        reward: Float32s = -row_sums(np.square(action)) * self.example._reward_control_weight
        return reward

    def outcome(self, before: None, action: Float32s) -> Outcome:
        obs, reward = self.view(action)
        return obs, reward, np.zeros(self.num_envs, np.bool_)

    def view(self, action: Float32s) -> tuple[Parts, Float64s]:
        """Observations and rewards."""
        raise NotImplementedError


class Reacher(Arm):
    """`Reacher-v5`."""

    drawn_fields = ("goal",)

    def view(self, action: Float32s) -> tuple[Parts, Float64s]:
        position, velocity = self.gather("qpos"), self.gather("qvel")
        gap = self.body("fingertip") - self.body("target")
        reward = -length(gap) * self.example._reward_dist_weight + self.effort(action)
        theta = position[:, :2]
        shown = (np.cos(theta), np.sin(theta), position[:, 2:], velocity[:, :2], gap[:, :2])
        return shown, reward


class Pusher(Arm):
    """`Pusher-v5`."""

    drawn_fields = ("goal_pos", "cylinder_pos")

    def view(self, action: Float32s) -> tuple[Parts, Float64s]:
        tip, thing, goal = self.body("tips_arm"), self.body("object"), self.body("goal")
        near = -length(thing - tip) * self.example._reward_near_weight
        far = -length(thing - goal) * self.example._reward_dist_weight
        reward = far + self.effort(action) + near
        shown = (self.gather("qpos")[:, :7], self.gather("qvel")[:, :7], tip, thing, goal)
        return shown, reward


def length(vectors: Float64s) -> Float64s:
    """`np.linalg.norm` of each row: a BLAS dot product, whose last bit a row sum of squares may miss."""
    return np.sqrt(np.array([vector.dot(vector) for vector in vectors]))
