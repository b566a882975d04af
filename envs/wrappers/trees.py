"""Nested observations: as one vector, or some of their parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from rlt.envs.layout import Arrays, Layout, Leaf
from rlt.envs.wrappers.wrapper import Attached, Base, VectorWrapper
from rlt.errors import ConfigError, SpaceError, one_of


@dataclass(frozen=True)
class Flatten(VectorWrapper):
    """Any observation as one vector: the parts of a Dict in their order, discrete values one-hot."""

    def attach(self, base: Base) -> Attached:
        return _Flat(base)


class Flattener:
    """Arrays of a layout's leaves as one array `[rows, size]`."""

    def __init__(self, layout: Layout) -> None:
        self.space = spaces.flatten_space(layout.space)
        self.leaves = layout.leaves
        self._dtype = np.uint8 if self.space.dtype == np.uint8 else np.float32

    def __call__(self, arrays: Arrays) -> NDArray[Any]:
        parts = [_flat(leaf, array) for leaf, array in zip(self.leaves, arrays)]
        return np.concatenate([part.astype(self._dtype, copy=False) for part in parts], axis=1)


def _flat(leaf: Leaf, array: NDArray[Any]) -> NDArray[Any]:
    if leaf.count is None:
        return array.reshape(len(array), -1)
    values, counts = array.reshape(len(array), -1), np.asarray(leaf.count).reshape(-1)
    return np.concatenate([np.eye(count, dtype=np.float32)[column] for column, count in zip(values.T, counts)], axis=1)


class _Flat(Attached):
    def __init__(self, base: Base) -> None:
        flattener = Flattener(Layout(base.observation_space, "observation"))
        super().__init__(base, flattener.space)
        self._flattener = flattener

    def look(self, obs: Arrays) -> Arrays:
        return [self._flattener(obs)]


@dataclass(frozen=True)
class Select(VectorWrapper):
    """Some parts of a Dict observation, as a Dict; of one part alone, with `alone=true`, that part itself."""

    keys: tuple[str, ...]
    alone: bool = False

    def attach(self, base: Base) -> Attached:
        space = base.observation_space
        if not isinstance(space, spaces.Dict):
            raise SpaceError("select wants Dict observations", f"got: {base.id} with observations {space}")
        keys = tuple(self.keys)
        for key in keys:
            if key not in space.spaces:
                raise ConfigError(f"select: the observation has no part {key}", one_of(str(key), space.spaces))
        if not keys or (self.alone and len(keys) != 1):
            raise ConfigError("select wants at least one key, and exactly one with alone=true", f"got: {list(keys)}")
        return _Selected(base, space, keys, self.alone)


class _Selected(Attached):
    def __init__(self, base: Base, space: spaces.Dict, keys: tuple[str, ...], alone: bool) -> None:
        chosen = dict_like(space, {key: space[key] for key in keys})
        super().__init__(base, chosen[keys[0]] if alone else chosen)
        paths = [leaf.path for leaf in self.inner.leaves]
        wanted = [leaf.path for leaf in Layout(chosen, "observation").leaves]
        self._places = [paths.index(path) for path in wanted]

    def look(self, obs: Arrays) -> Arrays:
        return [obs[place] for place in self._places]


def dict_like(space: spaces.Dict, parts: dict[str, Any]) -> spaces.Dict:
    """A Dict of `parts`, its keys sorted if those of `space` are. Old releases of Gymnasium sort a plain dict always."""
    kept: dict[str, Any] = {"sort_keys": space.sort_keys} if hasattr(space, "sort_keys") else {}
    return spaces.Dict(parts, **kept)
