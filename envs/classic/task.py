"""What the classic control tasks share: a state matrix and draws for resets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import Space
from numpy.typing import NDArray

from rlt.envs.classic.draws import Bounds, UniformDraws

Rows = NDArray[np.intp]
Float32s = NDArray[np.float32]
Float64s = NDArray[np.float64]
Bools = NDArray[np.bool_]


class ClassicTask(ABC):
    """`num_envs` copies of one task. `state` is `[dimension, num_envs]`: a variable is a contiguous row."""

    def __init__(
        self, example: Any, num_envs: int, dimension: int, draws: int, low: Bounds, high: Bounds
    ) -> None:
        self.observation_space: Space[Any] = example.observation_space
        self.action_space: Space[Any] = example.action_space
        self.num_envs = num_envs
        self.state = np.zeros((dimension, num_envs))
        self.draws = UniformDraws(num_envs, draws, low, high)
        self._action: NDArray[Any] = np.zeros(num_envs)

    @abstractmethod
    def begin(self, rows: Rows, drawn: Float64s) -> Float32s:
        """Puts `rows` into the initial states that `drawn` `[len(rows), draws]` means; returns their observations."""

    def start(self, action: NDArray[Any]) -> None:
        """Keeps the action: NumPy's work does not run beside the caller, so the step is made in `finish`."""
        self._action = action

    def finish(self) -> tuple[Float32s, Float32s, Bools]:
        """Makes the step."""
        return self.step(self._action)

    @abstractmethod
    def step(self, action: NDArray[Any]) -> tuple[Float32s, Float32s, Bools]:
        """Observations `[num_envs, …]`, rewards and terminations, in new arrays."""

    def reset(self, rows: Rows, seeds: Sequence[int | None] | None) -> Float32s:
        """New episodes for `rows`, with new generators from `seeds`; returns their first observations."""
        for i, seed in zip(rows, seeds or ()):
            self.draws.seed(i, seed)
        return self.begin(rows, self.draws.take(rows))

    def pour(self, i: int, bare: Any, terminated: bool) -> None:
        """Puts copy i into an instance of Gymnasium's class."""
        bare.state = self.state[:, i].copy()
        bare._np_random, bare._np_random_seed = self.draws.generator_of(i), self.draws.seeds[i]

    def take(self, i: int, bare: Any) -> None:
        """Puts what the instance holds into copy i."""
        self.state[:, i] = bare.state
        self.draws.put(i, bare._np_random, bare._np_random_seed)

    def close(self) -> None:  # noqa: B027
        """There is nothing to free."""


def bound(values: NDArray[Any], low: Any, high: Any) -> NDArray[Any]:
    """`np.clip` without its overhead, which is larger than the work on a few numbers."""
    bounded: NDArray[Any] = np.minimum(np.maximum(values, low), high)
    return bounded


def power_of_two(values: NDArray[Any]) -> NDArray[Any]:
    """`x ** 2` as a NumPy number computes it, by C's `pow`, which need not be `x * x` to the bit."""
    return np.array([value**2 for value in values])
