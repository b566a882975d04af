"""Steps of Gymnasium's vector environments as transitions, whichever of its three autoreset modes they were made in.

A transition is an action of one sub-environment and the observation that it led to. Under `next_step` the step after an
end is a reset and no transition; under `same_step` the observation that was reached stands in `info["final_obs"]`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from rlt.envs.layout import Arrays, Layout
from rlt.errors import EnvironmentFault

Flags = NDArray[np.bool_]


class Transitions(NamedTuple):
    """What one vector step holds: one row for each of `rows`."""

    rows: NDArray[np.intp]
    """The sub-environments that made a transition."""
    obs: Arrays
    """Where the action was taken; one array for each leaf of the space, as `rlt.envs.layout` casts it."""
    action: Any
    reward: NDArray[np.float32]
    terminated: Flags
    truncated: Flags
    next_obs: Arrays
    """What it led to: the true final observation where the episode ended."""


class TransitionReader:
    """Reads the steps of one vector environment in their order."""

    def __init__(self, mode: str, single_observation_space: gym.Space[Any], num_envs: int) -> None:
        """`mode` is `same_step`, `next_step` or `disabled`."""
        self.mode, self.num_envs = mode, num_envs
        self.layout = Layout(single_observation_space, "observation")
        self.current: Arrays = []
        """The observations that the next actions start from."""
        self.over = np.zeros(num_envs, np.bool_)
        """Ended and not reset yet: under `next_step` and `disabled`."""

    def begin(self, obs: Any, only: Flags | None = None) -> None:
        """Takes the observations that `reset` gave, of all or of those in `only`."""
        arrays = self.cast(obs)
        if only is None:
            self.current, self.over = arrays, np.zeros(self.num_envs, np.bool_)
            return
        self.current = [np.where(_spread(only, new), new, old) for new, old in zip(arrays, self.current)]
        self.over = self.over & ~only

    def read(self, action: Any, obs: Any, reward: Any, terminated: Any, truncated: Any, info: dict[str, Any]) -> Transitions:
        """Takes what `step(action)` gave. `EnvironmentFault` for a step of an ended episode under `disabled`, and where
        `same_step` gives no final observation."""
        if self.mode == "disabled" and self.over.any():
            raise EnvironmentFault(
                f"a step of sub-environment {int(np.flatnonzero(self.over)[0])}, whose episode has ended",
                "with autoreset disabled it must be reset first",
            )
        ended = np.asarray(terminated, np.bool_) | np.asarray(truncated, np.bool_)
        before, after = self.current, self.cast(obs)
        reached = self._finals(after, ended, info) if self.mode == "same_step" and ended.any() else after
        made = ~self.over if self.mode == "next_step" else np.ones(self.num_envs, np.bool_)
        self.current, self.over = after, ended if self.mode != "same_step" else self.over
        rows = np.flatnonzero(made)
        return Transitions(
            rows,
            _rows(before, rows),
            _tree_rows(action, rows),
            np.asarray(reward, np.float32)[rows],
            np.asarray(terminated, np.bool_)[rows],
            np.asarray(truncated, np.bool_)[rows],
            _rows(reached, rows),
        )

    def cast(self, obs: Any) -> Arrays:
        """Fresh arrays `[num_envs, …]` of a batch of raw observations."""
        parts = self.layout.disassemble(obs)
        return [_cast(leaf, np.asarray(part)) for leaf, part in zip(self.layout.leaves, parts)]

    def _finals(self, after: Arrays, ended: Flags, info: dict[str, Any]) -> Arrays:
        held = info.get("final_obs")
        if held is None:
            raise EnvironmentFault("a vector environment in mode same_step gave no final observation",
                                   "expected: info['final_obs'], where an episode ended")  # fmt: skip
        reached = [array.copy() for array in after]
        for i in np.flatnonzero(ended):
            # An array of observations, or, where the environment batches it, a tree of arrays.
            own = held[i] if isinstance(held, np.ndarray) and held.dtype == object else _tree_rows(held, i)
            for array, leaf, part in zip(reached, self.layout.leaves, self.layout.disassemble(own)):
                array[i] = _cast(leaf, np.asarray(part))
        return reached


def _cast(leaf: Any, raw: NDArray[Any]) -> NDArray[Any]:
    return np.array(raw - leaf.start if leaf.count is not None else raw, leaf.dtype)


def _rows(arrays: Arrays, rows: NDArray[np.intp]) -> Arrays:
    return [array[rows] for array in arrays]


def _tree_rows(tree: Any, rows: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _tree_rows(part, rows) for key, part in tree.items()}
    return tuple(_tree_rows(part, rows) for part in tree) if isinstance(tree, tuple) else np.asarray(tree)[rows]


def _spread(flags: Flags, like: NDArray[Any]) -> Flags:
    return flags.reshape(-1, *(1 for _ in like.shape[1:]))


def mode_of(env: gym.vector.VectorEnv[Any, Any, Any]) -> str | None:
    """The autoreset mode that a vector environment says it has; None where it says nothing."""
    mode = env.metadata.get("autoreset_mode")
    return None if mode is None else str(getattr(mode, "name", mode)).lower()
