"""Everything that `make` was told, so that a twin can be made the same way."""

from __future__ import annotations

import enum
import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

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
        source = self.source
        options = {name: value for name, value in source.options.items() if name not in ("render_mode", "max_episode_steps")}
        shown = [f"{name}={_text(value)}" for name, value in sorted(options.items())]
        if (limit := source.time_limit) is not None:
            shown.append(f"max_episode_steps={limit}")
        if isinstance(source.target, functools.partial):
            shown.append(_text(source.target))
        everything: tuple[Any, ...] = (*source.wrappers, *self.vector_wrappers)
        wrappers = [_text(one if (name := describe(one)) is None else name) for one in everything]
        return {"options": ", ".join(shown) or "none", "wrappers": ", ".join(wrappers) or "none"}

    def config(self, backend: str) -> dict[str, Any] | None:
        """What the config group `env` says to make this again; None where a wrapper or the environment has no name."""
        wrappers = [*map(describe, self.source.wrappers), *map(describe, self.vector_wrappers)]
        name = self.source.id
        if not self.source.is_named or name.startswith("__main__:") or None in wrappers:
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
    """Plain values as they are written, equal ones alike; anything else by its kind, for its `repr` may hold an address."""
    if isinstance(value, (np.generic, np.ndarray)):
        value = value.tolist()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, functools.partial):
        return f"{_text(value.func)}({_text(value.args)}, {_text(value.keywords)})"
    if isinstance(value, (enum.Enum, os.PathLike)):
        return str(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value) if not isinstance(value, str) else value
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_text, value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_text(one)}" for key, one in sorted(value.items(), key=str)) + "}"
    return str(getattr(value, "__qualname__", type(value).__qualname__))
