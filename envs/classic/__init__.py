"""Gymnasium's classic control as batched NumPy, equal to `gym.make` bit for bit.

Equal means: the same operations in the same order and precision, by the same library. NumPy's `sin` of an array and of
a number agree, C's (`math.cos`) may differ in the last bit; a scalar `x ** 2` is C's `pow`, an array's `x * x`, and
these two differ in one of 1,200 numbers. Each task follows its Gymnasium class in this, and reads its constants from an
instance of that class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rlt.envs.backends.batch import BatchTask

_TASKS = {
    "cartpole:CartPoleEnv": ("cartpole", "CartPole"),
    "acrobot:AcrobotEnv": ("acrobot", "Acrobot"),
    "mountain_car:MountainCarEnv": ("mountain_car", "MountainCar"),
    "continuous_mountain_car:Continuous_MountainCarEnv": ("mountain_car_continuous", "MountainCarContinuous"),
    "pendulum:PendulumEnv": ("pendulum", "Pendulum"),
}


def covers(entry_point: str) -> bool:
    """Whether the class behind a Gymnasium registration has a batched twin here."""
    return entry_point.removeprefix("gymnasium.envs.classic_control.") in _TASKS


def build(entry_point: str, example: Any, num_envs: int) -> BatchTask:
    """The batched twin of `example`, an instance of the class behind `entry_point`."""
    from importlib import import_module

    module, name = _TASKS[entry_point.removeprefix("gymnasium.envs.classic_control.")]
    task: BatchTask = getattr(import_module(f"rlt.envs.classic.{module}"), name)(example, num_envs)
    return task
