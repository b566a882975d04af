"""What people give to an agent from Python, checked: words of other libraries are told what they are called here."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Mapping
from typing import Any

import numpy as np

from rlt.config import convert
from rlt.errors import ConfigError

_ELSEWHERE = {
    "device": 'envs.make(…, device="cuda"): an agent learns where its environment\'s tensors are',
    "policy": "model=…: a name, a class, or {'hidden': [256, 256]}",
    "policy_kwargs": "model={'hidden': [256, 256], 'activation': 'relu'}",
    "tensorboard_log": 'learn(…, run="runs/x"), a folder with TensorBoard, metrics.csv and checkpoints',
    "verbose": 'learn(…, progress="off")',
    "n_envs": "envs.make(…, num_envs=8)",
    "num_envs": "envs.make(…, num_envs=8)",
    "total_timesteps": "learn(total_steps)",
    "total_steps": "learn(total_steps)",
}
"""Options that other agents take, and where they are here."""


def refuse_positional(agent: str, given: tuple[Any, ...]) -> None:
    """ConfigError where more than the environment was given without a name."""
    if given:
        raise ConfigError(
            f"{agent} takes its environment first and everything else by name", f"got {1 + len(given)} arguments without a name",
            fix=f"{agent}(env, seed=0, model={{'hidden': [64, 64]}}, …)",
        )


def refuse_what_stands_elsewhere(agent: str, options: Mapping[str, Any], own: Any) -> None:
    """ConfigError for an option that is no option of an agent but is one of something beside it. `own` has the agent's."""
    for name in options:
        if name in _ELSEWHERE and name not in {field.name for field in dataclasses.fields(own)}:
            raise ConfigError(f"{agent} takes no {name}", fix=_ELSEWHERE[name])


def whole(name: str, value: Any, least: int) -> int:
    """`value` as a whole number of at least `least`. ConfigError where it is none."""
    try:
        number: int = operator.index(value) if isinstance(value, np.integer) else convert(value, int, name)
    except ConfigError:
        number = least - 1
    if number < least:
        raise ConfigError(f"{name}={value!r} does not fit", f"expected a whole number of at least {least}")
    return number
