"""The protocol that agents speak to environments.

Under `autoreset="same_step"`, which agents need, a finished sub-environment is reset in the same step and the true final
observation stands beside the first one of the new episode. So a `Step` is always one transition of each: a reset is never
a step.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Generic, NamedTuple, TypeAlias

import numpy as np
import torch
from gymnasium import Space
from numpy.typing import NDArray

from rlt.errors import ConfigError
from rlt.rl.stacked import Stacked
from rlt.types import Bool, Float32, Purpose, Tensor, Test, Train

Observation: TypeAlias = Any
"""A tensor `[num_envs, ...]`, or a dict or tuple of these, as the space says. Box float32 (uint8 stays uint8), Discrete
and MultiDiscrete int64 counted from 0, MultiBinary bool."""

Action: TypeAlias = Any
"""As `Observation`, of the action space. Discrete actions are counted from 0; Box actions are in the environment's units."""


class Step(NamedTuple):
    """One transition of each sub-environment. Tensors are fresh: the environment never writes to them again."""

    obs: Observation
    """Where the next action starts: after an episode's end, the first observation of the new episode."""
    reward: Float32[Tensor, num_envs]
    terminated: Bool[Tensor, num_envs]
    """The task ended: the value of what follows is 0."""
    truncated: Bool[Tensor, num_envs]
    """The episode was cut short, by a time limit say: what follows has a value, that of `final_obs`. Both may be true:
    then the task ended, and `terminated` counts."""
    final_obs: Observation
    """The observation that the action led to, before any reset. The same object as `obs` where no episode ended."""
    action_mask: Bool[Tensor, "num_envs n_actions"] | None = None
    """Which discrete actions are allowed at `obs`; None where the environment gives no `info["action_mask"]`."""


class VectorEnv(ABC, Generic[Purpose]):
    """`num_envs` copies of one environment, stepped together. `VectorEnv[Train]` and `VectorEnv[Test]` are not
    interchangeable: learning takes the first, evaluation the second."""

    id: str
    """The Gymnasium id, `package:Id-v0` for one from a package."""
    backend: str
    """Which backend this is: `sync`, `native`, `pool`, …"""
    backend_reason: str
    """Why this one: what `auto` measured, or that it was asked for by name."""
    autoreset: str = "same_step"
    """`same_step`, `next_step` (the step after an end is a reset) or `disabled` (resets are the caller's)."""
    purpose: type[Train] | type[Test] = Train
    """What it was made for, as `VectorEnv[Train]` says to the type checker."""
    num_envs: int
    device: torch.device
    """Where observations and rewards arrive."""
    seed: int | None
    """Given to `make`, else None: the agent then seeds the first reset."""
    config: dict[str, Any] | None
    """What the config group `env` says to make this again: id, num_envs, backend, options, wrappers. None where it was
    made from objects that have no name."""
    single_observation_space: Space[Any]
    single_action_space: Space[Any]
    stacked: Stacked | None = None
    """How observations are stacked, where they are: replay then stores a frame once. None is always right."""
    render_fps: float
    """Frames a second at which the environment is to be shown."""
    inexact_resume: str | None
    """None if `get_state` and `set_state` restore to the bit, else why they cannot."""

    @abstractmethod
    def reset(self, seed: int | None = None, *, only: Any = None) -> Observation:
        """Starts new episodes everywhere; with a seed, sub-environment i is seeded with `seed + i`.

        Without one, generators go on where they are (a first reset without any seed draws one from the system). `only`, a
        mask `[num_envs]`, resets just there, and the others keep their observation: for `autoreset="disabled"`.
        """

    @abstractmethod
    def send(self, action: Action) -> None:
        """Starts a step. Exactly one `recv` must follow. The action is copied: the caller may overwrite it."""

    @abstractmethod
    def recv(self) -> Step:
        """Waits for the step that `send` started."""

    def step(self, action: Action) -> Step:
        """`send`, then `recv`."""
        self.send(action)
        return self.recv()

    @property
    @abstractmethod
    def action_mask(self) -> Bool[Tensor, "num_envs n_actions"] | None:
        """The mask at the current observation, after `reset` as after `recv`; None where there is none."""

    @abstractmethod
    def get_state(self) -> dict[str, Any]:
        """Everything that future steps depend on, as a tree of tensors, numpy arrays, numbers, strings and None.

        Never with a step in flight. Taken in one process, it restores in another (`set_state`), also after more resets.
        """

    @abstractmethod
    def set_state(self, state: dict[str, Any]) -> Observation:
        """Goes on from `state`, bit-equal to the environment that it was taken from; returns the current observation.

        Where `inexact_resume` says why not, new episodes are started instead, with the saved generators' seeds.
        """

    @abstractmethod
    def render(self, i: int = 0) -> NDArray[np.uint8] | None:
        """What sub-environment i looks like now, `[height, width, 3]`; None under `render_mode="human"`, in a window of its
        own. EnvironmentFault where it was made without a `render_mode`."""

    @abstractmethod
    def twin(self, num_envs: int | None = None, seed: int | None = None) -> VectorEnv[Test]:
        """The same environment (id, arguments, wrappers, backend, device) anew, for evaluation."""

    @abstractmethod
    def close(self) -> None:
        """Frees everything. A second call does nothing."""


def check_for_learning(env: Any, learner: str) -> None:
    """ConfigError where `learner` cannot learn from `env`: no vector environment, resets that are steps, made for evaluation."""
    if not isinstance(env, VectorEnv):
        made = f'envs.make("{env}")' if isinstance(env, str) else "rlt.envs.make(id, num_envs)"
        raise ConfigError(f"{learner} wants a vector environment", f"got {type(env).__name__}", fix=made)
    check_same_step(env, learner)
    if env.purpose is not Train:
        raise ConfigError(
            f"{learner} cannot learn in an environment that was made for evaluation", f"got: {env!r}",
            fix="envs.make(…), without purpose=Test, and no twin()",
        )


def check_same_step(env: VectorEnv[Any], user: str) -> None:
    """ConfigError where a step of `env` may be a reset, or is impossible after an end."""
    if env.autoreset != "same_step":
        why = {
            "next_step": "its step after an episode's end is a reset, which is no transition",
            "disabled": "its resets are left to the caller",
        }
        raise ConfigError(
            f"{user} cannot step {env.id} with autoreset={env.autoreset!r}", why.get(env.autoreset, "expected: same_step"),
            fix='envs.make(…, autoreset="same_step"), which is the default',
        )
