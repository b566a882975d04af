"""Initial states drawn in blocks: one generator per sub-environment, asked once in `BLOCK` resets.

A generator asked for k rows gives the numbers of k single requests, so blocks change the time and nothing else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.utils import seeding
from numpy.typing import ArrayLike, NDArray

from rlt.envs.snapshots import generator

BLOCK = 32


class UniformDraws:
    """Rows of `size` numbers, uniform between `low` and `high`, from each sub-environment's own generator."""

    def __init__(self, num_envs: int, size: int, low: ArrayLike, high: ArrayLike) -> None:
        self.low, self.high, self.size = low, high, size
        self.generators: list[np.random.Generator | None] = [None] * num_envs
        self.block = np.empty((num_envs, BLOCK, size))
        self.next = np.full(num_envs, BLOCK)

    def seed(self, i: int, seed: int | None) -> None:
        """A new generator for sub-environment i; without a seed only where it has none yet."""
        if seed is not None or self.generators[i] is None:
            self.generators[i] = seeding.np_random(seed)[0]
            self.next[i] = BLOCK

    def take(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """The next draw of each of `rows`: `[len(rows), size]`."""
        for i in rows[self.next[rows] == BLOCK]:
            rng = self.generators[i]
            assert rng is not None
            self.block[i] = rng.uniform(self.low, self.high, (BLOCK, self.size))
            self.next[i] = 0
        drawn = self.block[rows, self.next[rows]]
        self.next[rows] += 1
        return drawn

    def save(self) -> dict[str, Any]:
        """Generators, what was drawn from them in advance, and how much of it was used."""
        held = [None if rng is None else generator.save(rng) for rng in self.generators]
        return {"generators": held, "block": self.block.copy(), "next": self.next.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from `save`."""
        self.generators = [None if saved is None else generator.rebuild(saved) for saved in state["generators"]]
        self.block[:], self.next[:] = state["block"], state["next"]
