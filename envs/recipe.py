"""Everything that `make` was told, so that a twin can be made the same way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rlt.envs.source import Source
from rlt.envs.wrappers.names import describe
from rlt.envs.wrappers.wrapper import VectorWrapper
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
    workers: int | None = None
    """Processes of `pool`; None: one for each core but one, and the caller steps a share."""
    timeout: float = 120.0
    """Seconds after which a worker of `pool` counts as hung."""
    vector_wrappers: tuple[VectorWrapper, ...] = ()
    """On the whole vector, innermost first."""

    def twin(self, num_envs: int | None, seed: int | None) -> Recipe:
        """The same for evaluation, with the same or another number of sub-environments and a seed of its own."""
        return replace(self, num_envs=self.num_envs if num_envs is None else num_envs, seed=seed, purpose=Test)

    def config(self, backend: str) -> dict[str, Any] | None:
        """What the config group `env` says to make this again; None where a wrapper or the environment has no name."""
        wrappers = [*map(describe, self.source.wrappers), *map(describe, self.vector_wrappers)]
        name = self.source.id
        if "<" in name or name.startswith("__main__:") or None in wrappers:
            return None
        return {
            "id": name,
            "num_envs": self.num_envs,
            "backend": backend,
            "workers": self.workers,
            "timeout": self.timeout,
            "options": dict(self.source.options),
            "wrappers": wrappers,
        }
