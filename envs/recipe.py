"""Everything that `make` was told, so that a twin can be made the same way."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rlt.envs.source import Source
from rlt.types import Test, Train


@dataclass(frozen=True)
class Recipe:
    """One vector environment, as asked for."""

    source: Source
    num_envs: int
    device: str
    seed: int | None
    autoreset: str
    purpose: type[Train] | type[Test]

    def twin(self, num_envs: int | None, seed: int | None) -> Recipe:
        """The same for evaluation, with the same or another number of sub-environments and a seed of its own."""
        return replace(self, num_envs=self.num_envs if num_envs is None else num_envs, seed=seed, purpose=Test)
