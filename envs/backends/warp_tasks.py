"""MuJoCo tasks whose observation, reward and end follow from positions and velocities alone, as torch formulas in float32.

Each follows Gymnasium's class of the same name (v5), all its constructor's arguments included.
"""

from __future__ import annotations

from typing import Any

import torch

from rlt.types import Bool, Float32, Tensor

Qpos = Float32[Tensor, "num_envs nq"]
Qvel = Float32[Tensor, "num_envs nv"]
Observations = Float32[Tensor, "num_envs obs_dim"]
Actions = Float32[Tensor, "num_envs nu"]
Numbers = Float32[Tensor, "num_envs"]
Flags = Bool[Tensor, "num_envs"]


class WarpTask:
    """HalfCheetah and Swimmer: forward speed less the cost of control. `form` is an instance of Gymnasium's class."""

    skipped = 1
    """Coordinates that are not shown."""

    def __init__(self, form: Any, device: torch.device) -> None:
        self.form = form
        self.first_qpos = torch.tensor(form.init_qpos, dtype=torch.float32, device=device)
        self.first_qvel = torch.tensor(form.init_qvel, dtype=torch.float32, device=device)

    def draw(self, num_envs: int, generator: torch.Generator) -> tuple[Qpos, Qvel]:
        """Positions and velocities of `num_envs` new episodes."""
        scale = self.form._reset_noise_scale
        return (
            self.first_qpos + self.uniform(num_envs, self.first_qpos, generator) * scale,
            self.first_qvel + self.uniform(num_envs, self.first_qvel, generator) * scale,
        )

    @staticmethod
    def uniform(num_envs: int, like: Tensor, generator: torch.Generator) -> Tensor:
        """Between -1 and 1."""
        return torch.rand((num_envs, len(like)), generator=generator, device=like.device) * 2 - 1

    def observe(self, qpos: Qpos, qvel: Qvel) -> Observations:
        """The observation."""
        first = self.skipped if self.form._exclude_current_positions_from_observation else 0
        return torch.cat((qpos[:, first:], qvel), 1)

    def healthy(self, qpos: Qpos, qvel: Qvel) -> Flags | None:
        """Where the episode goes on; None where it never ends by itself."""
        return None

    def outcome(self, before: Numbers, qpos: Qpos, qvel: Qvel, action: Actions) -> tuple[Numbers, Flags]:
        """Rewards and terminations; `before` is the first coordinate before the step."""
        form = self.form
        speed = (qpos[:, 0] - before) / form.dt
        reward = form._forward_reward_weight * speed - form._ctrl_cost_weight * action.square().sum(1)
        healthy = self.healthy(qpos, qvel)
        if healthy is None:
            return reward, torch.zeros_like(reward, dtype=torch.bool)
        reward = reward + healthy * form._healthy_reward
        return reward, ~healthy if form._terminate_when_unhealthy else torch.zeros_like(healthy)


class HalfCheetah(WarpTask):
    """`HalfCheetah-v5`: velocities begin normally distributed."""

    def draw(self, num_envs: int, generator: torch.Generator) -> tuple[Qpos, Qvel]:
        qpos, _ = super().draw(num_envs, generator)
        like = self.first_qvel
        noise = torch.randn((num_envs, len(like)), generator=generator, device=like.device)
        return qpos, like + noise * self.form._reset_noise_scale


class Swimmer(WarpTask):
    """`Swimmer-v5`."""

    skipped = 2


class Walker2d(WarpTask):
    """`Walker2d-v5`: height and angle within their ranges; velocities are shown between -10 and 10."""

    def observe(self, qpos: Qpos, qvel: Qvel) -> Observations:
        return super().observe(qpos, qvel.clamp(-10, 10))

    def healthy(self, qpos: Qpos, qvel: Qvel) -> Flags | None:
        (low, high), (left, right) = self.form._healthy_z_range, self.form._healthy_angle_range
        z, angle = qpos[:, 1], qpos[:, 2]
        return (low < z) & (z < high) & (left < angle) & (angle < right)


class Hopper(Walker2d):
    """`Hopper-v5`: every other coordinate and every velocity within the state range, too."""

    def healthy(self, qpos: Qpos, qvel: Qvel) -> Flags | None:
        low, high = self.form._healthy_state_range
        state = torch.cat((qpos, qvel), 1)[:, 2:]
        upright = super().healthy(qpos, qvel)
        assert upright is not None
        return upright & ((low < state) & (state < high)).all(1)


class InvertedPendulum(WarpTask):
    """`InvertedPendulum-v5`: 1 for each step in which the pole stands."""

    def observe(self, qpos: Qpos, qvel: Qvel) -> Observations:
        return torch.cat((qpos, qvel), 1)

    def outcome(self, before: Numbers, qpos: Qpos, qvel: Qvel, action: Actions) -> tuple[Numbers, Flags]:
        stands = qpos[:, 1].abs() <= 0.2
        return stands.to(torch.float32), ~stands


TASKS: dict[str, type[WarpTask]] = {
    "HalfCheetah-v5": HalfCheetah,
    "Hopper-v5": Hopper,
    "Walker2d-v5": Walker2d,
    "Swimmer-v5": Swimmer,
    "InvertedPendulum-v5": InvertedPendulum,
}
