"""Initial states drawn in blocks: one generator per sub-environment, asked once in `BLOCK` resets.

A generator asked for k rows gives the numbers of k single requests, so blocks change the time and nothing else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.utils import seeding
from numpy.typing import NDArray

BLOCK = 128
Bounds = float | NDArray[np.float64]


class UniformDraws:
    """Rows of `size` numbers, uniform between `low` and `high`, from each sub-environment's own generator."""

    def __init__(self, num_envs: int, size: int, low: Bounds, high: Bounds) -> None:
        self.low, self.high, self.size = low, high, size
        self.generators: list[np.random.Generator | None] = [None] * num_envs
        self.seeds: list[int | None] = [None] * num_envs
        self.before: list[Any] = [None] * num_envs
        """The generators' states before they were asked for the block in use."""
        self.block = np.empty((num_envs, BLOCK, size))
        self.next = np.full(num_envs, BLOCK)

    def seed(self, i: int, seed: int | None) -> None:
        """A new generator for sub-environment i; without a seed only where it has none yet."""
        if seed is not None or self.generators[i] is None:
            self.put(i, *seeding.np_random(seed))

    def take(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """The next draw of each of `rows`: `[len(rows), size]`."""
        for i in rows[self.next[rows] == BLOCK]:
            rng = self.generators[i]
            assert rng is not None
            self.before[i] = rng.bit_generator.state
            self.block[i] = rng.uniform(self.low, self.high, (BLOCK, self.size))
            self.next[i] = 0
        drawn = self.block[rows, self.next[rows]]
        self.next[rows] += 1
        return drawn

    def generator_of(self, i: int) -> np.random.Generator:
        """A generator as it would be if each reset had asked for its own draw."""
        rng, used = self.generators[i], int(self.next[i])
        assert rng is not None
        alone = np.random.Generator(type(rng.bit_generator)(0))
        alone.bit_generator.state = rng.bit_generator.state if used == BLOCK else self.before[i]
        if used < BLOCK:
            alone.uniform(self.low, self.high, (used, self.size))
        return alone

    def put(self, i: int, rng: np.random.Generator, seed: int | None) -> None:
        """Sub-environment i goes on with `rng`, which was made of `seed`."""
        self.generators[i], self.seeds[i], self.next[i] = rng, seed, BLOCK
