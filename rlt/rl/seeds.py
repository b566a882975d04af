"""One seed fixes everything: each part of a run draws from a seed of its own, made from the one that was given."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from rlt.errors import ConfigError

_HALF = 2**30


@dataclass(frozen=True)
class Seeds:
    """Training environments get seeds below 2**30, evaluation from there to 2**31: they never meet."""

    networks: int
    exploration: int
    environments: int
    evaluation: int
    """Periodic evaluation during training."""
    final: int
    """The evaluation at the end."""
    evaluate: int
    """`rlt.evaluate`, later."""
    batches: int
    """The order of minibatches and what replay samples."""

    @classmethod
    def of(cls, seed: int) -> Seeds:
        """`numpy.random.SeedSequence(seed)`, drawn in the order of the fields."""
        if seed < 0:
            raise ConfigError(f"seed={seed} does not fit", "expected a whole number of at least 0")
        drawn = [int(x) for x in np.random.SeedSequence(seed).generate_state(7, dtype=np.uint32)]
        room = _HALF - 2**20  # sub-environment i uses seed + i: the sum stays in its half
        networks, exploration, environments, evaluation, final, evaluate, batches = drawn
        return cls(
            networks,
            exploration,
            environments % room,
            _HALF + evaluation % room,
            _HALF + final % room,
            _HALF + evaluate % room,
            batches,
        )

    def plain(self) -> dict[str, int]:
        """For the resolved config."""
        return asdict(self)
