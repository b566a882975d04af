"""Gymnasium's MuJoCo tasks (v5) in batches: physics on threads, observations, rewards and ends for all copies at once.

Resets are Gymnasium's own `reset_model`, called with each copy's data and generator. The rest follows its class step by
step: an action is a float32, so a control cost is one too; sums run over the same elements in the same order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rlt.registry import load_object

if TYPE_CHECKING:
    from rlt.envs.backends.batch import BatchTask

_TASKS = {
    "half_cheetah_v5:HalfCheetahEnv": ("runners", "HalfCheetah"),
    "hopper_v5:HopperEnv": ("runners", "Hopper"),
    "walker2d_v5:Walker2dEnv": ("runners", "Walker2d"),
    "swimmer_v5:SwimmerEnv": ("runners", "Swimmer"),
    "ant_v5:AntEnv": ("ant", "Ant"),
    "humanoid_v5:HumanoidEnv": ("humanoid", "Humanoid"),
    "humanoidstandup_v5:HumanoidStandupEnv": ("humanoid", "HumanoidStandup"),
    "inverted_pendulum_v5:InvertedPendulumEnv": ("pendulums", "InvertedPendulum"),
    "inverted_double_pendulum_v5:InvertedDoublePendulumEnv": ("pendulums", "InvertedDoublePendulum"),
    "reacher_v5:ReacherEnv": ("arms", "Reacher"),
    "pusher_v5:PusherEnv": ("arms", "Pusher"),
}


def covers(entry_point: str) -> bool:
    """Whether the class behind a Gymnasium registration has a batched twin here."""
    return entry_point.removeprefix("gymnasium.envs.mujoco.") in _TASKS


def build(entry_point: str, example: Any, num_envs: int) -> BatchTask:
    """The batched twin of `example`, an instance of the class behind `entry_point`."""
    module, name = _TASKS[entry_point.removeprefix("gymnasium.envs.mujoco.")]
    task: BatchTask = load_object(f"rlt.envs.mujoco.{module}:{name}", key="env.id")(example, num_envs)
    return task
