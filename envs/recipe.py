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

    @property
    def made_of(self) -> dict[str, str]:
        """What a state must have in common with the environment that takes it, beside its id: as text, the same in every
        process."""
        options = {name: _text(value) for name, value in sorted(self.source.options.items()) if name != "render_mode"}
        everything: tuple[Any, ...] = (*self.source.wrappers, *self.vector_wrappers)
        wrappers = [describe(one) or _text(one) for one in everything]
        return {
            "options": ", ".join(f"{name}={text}" for name, text in options.items()) or "none",
            "wrappers": ", ".join(str(one) for one in wrappers) or "none",
        }

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


def _text(value: Any) -> str:
    """Plain values as they are written; anything else by its kind, for its `repr` may hold an address."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_text, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_text(one)}" for key, one in value.items()) + "}"
    return str(getattr(value, "__qualname__", type(value).__qualname__))
