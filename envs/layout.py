"""Gymnasium spaces as arrays: one array `[num_envs, ...]` per leaf of a nested space, and the way back.

Observations keep their space's kind: Box float32 (uint8 stays uint8), Discrete and MultiDiscrete int64 counted from 0,
MultiBinary bool. Dict and Tuple are trees of these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import Space, spaces
from numpy.typing import NDArray

from rlt.errors import EnvironmentFault, SpaceError

Arrays = list[NDArray[Any]]


class Leaf:
    """One array of an observation or action: its place in the tree, its dtype and shape, and where it counts from."""

    def __init__(self, path: tuple[str | int, ...], space: Space[Any], of: str) -> None:
        self.path, self.space = path, space
        self.start: int | NDArray[Any] = 0
        self.count: int | NDArray[Any] | None = None
        if isinstance(space, spaces.Box):
            self.dtype = np.dtype(np.uint8 if space.dtype == np.uint8 else np.float32)
        elif isinstance(space, spaces.Discrete):
            self.dtype, self.start, self.count = np.dtype(np.int64), int(space.start), int(space.n)
        elif isinstance(space, spaces.MultiDiscrete):
            self.dtype = np.dtype(np.int64)
            self.start, self.count = np.asarray(space.start, np.int64), np.asarray(space.nvec, np.int64)
        elif isinstance(space, spaces.MultiBinary):
            self.dtype = np.dtype(np.bool_)
        else:
            raise SpaceError(
                f"rlt cannot serve the {of} space {name_of(path, of)}: {type(space).__name__}",
                "expected: Box, Discrete, MultiDiscrete, MultiBinary, or a Dict or Tuple of these",
                f"got: {space}",
                fix="a wrapper that turns it into one of these (gymnasium.ObservationWrapper or ActionWrapper)",
            )
        self.shape: tuple[int, ...] = tuple(space.shape or ())
        self.name = name_of(path, of)

    def read(self, tree: Any) -> Any:
        """This leaf's value in a nested observation or action."""
        for key in self.path:
            tree = tree[key]
        return tree

    def encode(self, value: Any) -> NDArray[Any]:
        """`value` as one row of this leaf's array; an `EnvironmentFault` where it is not what the space declares."""
        raw = np.asarray(value)
        if raw.shape != self.shape:
            raise _lie(self, f"shape {self.shape}", f"shape {raw.shape}", value)
        # MultiBinary may come as booleans, anything else in its space's dtype or one of the same kind.
        if not (np.can_cast(raw.dtype, np.dtype(self.space.dtype), "same_kind") or raw.dtype == self.dtype):
            raise _lie(self, f"dtype {self.space.dtype}", f"dtype {raw.dtype}", value)
        if isinstance(self.space, spaces.MultiBinary):
            return raw != 0
        counted = raw - self.start if self.count is not None else raw
        if self.count is not None and bool(np.any((counted < 0) | (counted >= self.count))):
            raise _lie(self, f"a value of {self.space}", repr(value), value)
        return counted.astype(self.dtype)


def anywhere(flags: NDArray[np.bool_]) -> bool:
    """`flags.any()`, three times as fast on the few numbers of a step."""
    return b"\x01" in flags.tobytes()


def all_finite(array: NDArray[Any]) -> bool:
    """Whether a float array holds neither NaN nor infinity."""
    return b"\x00" not in np.isfinite(array).tobytes()


def mask_size(action_space: Space[Any]) -> int:
    """The length of an action mask: the number of discrete actions, 0 for another space."""
    return int(action_space.n) if isinstance(action_space, spaces.Discrete) else 0


def name_of(path: tuple[str | int, ...], of: str) -> str:
    """`observation["camera"][0]`."""
    return of + "".join(f"[{key!r}]" for key in path)


def _lie(leaf: Leaf, expected: str, got: str, value: Any) -> EnvironmentFault:
    details = [f"expected: {expected}, as its space {leaf.space} says", f"got: {got}"]
    if not isinstance(value, (np.ndarray, np.generic, int, float, list, tuple)):
        details.append(f"type: {type(value).__name__}")
    return EnvironmentFault(f"{leaf.name} is not what the environment declares", *details)


def _leaves(space: Space[Any], path: tuple[str | int, ...], of: str) -> list[Leaf]:
    if isinstance(space, spaces.Dict):
        return [leaf for key, sub in space.spaces.items() for leaf in _leaves(sub, (*path, key), of)]
    if isinstance(space, spaces.Tuple):
        return [leaf for index, sub in enumerate(space.spaces) for leaf in _leaves(sub, (*path, index), of)]
    return [Leaf(path, space, of)]


def _assemble(space: Space[Any], leaves: Any) -> Any:
    if isinstance(space, spaces.Dict):
        return {key: _assemble(sub, leaves) for key, sub in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(_assemble(sub, leaves) for sub in space.spaces)
    return next(leaves)


class Layout:
    """A space as a list of leaves, in the space's own order."""

    def __init__(self, space: Space[Any], of: str) -> None:
        """`of`, `observation` or `action`, is the word in messages. Raises `SpaceError` for what rlt cannot serve."""
        self.space = space
        self.leaves = _leaves(space, (), of)
        self.nested = isinstance(space, (spaces.Dict, spaces.Tuple))

    def allocate(self, num_envs: int) -> Arrays:
        """One uninitialised array `[num_envs, ...]` per leaf."""
        return [np.empty((num_envs, *leaf.shape), leaf.dtype) for leaf in self.leaves]

    def assemble(self, parts: list[Any]) -> Any:
        """The tree that the space describes, from one part per leaf."""
        return _assemble(self.space, iter(parts)) if self.nested else parts[0]

    def disassemble(self, tree: Any) -> list[Any]:
        """One part per leaf, from a tree as the space describes it."""
        return [leaf.read(tree) for leaf in self.leaves] if self.nested else [tree]

    def check(self, observation: Any) -> None:
        """Raises `EnvironmentFault` unless a raw observation of one sub-environment is what the space declares."""
        for leaf in self.leaves:
            try:
                value = leaf.read(observation)
            except (KeyError, IndexError, TypeError) as error:
                raise EnvironmentFault(
                    f"{leaf.name} is missing",
                    f"expected: {self.space}",
                    f"got: {observation if not isinstance(observation, dict) else sorted(observation)}",
                ) from error
            leaf.encode(value)

    def writer(self) -> Callable[[Arrays, int, Any], None]:
        """A function that writes a raw observation into row i of the arrays.

        It looks at shape and type only, which is cheap enough for every step; values are looked at by `check`.
        """
        if not self.nested:
            return _plain_writer(self.leaves[0])
        paired = [(leaf, _plain_writer(leaf)) for leaf in self.leaves]

        def write_tree(arrays: Arrays, i: int, tree: Any) -> None:
            for array, (leaf, write) in zip(arrays, paired):
                write([array], i, leaf.read(tree))

        return write_tree


def _plain_writer(leaf: Leaf) -> Callable[[Arrays, int, Any], None]:
    shape, start, ndarray, declared = leaf.shape, leaf.start, np.ndarray, leaf.space.dtype
    if isinstance(leaf.space, spaces.Box):
        # A float64 is cast down silently, a float where whole numbers are declared is not.
        allowed = {np.dtype(d) for d in "?bBhHiIlLefd" if np.can_cast(np.dtype(d), declared, "same_kind")}  # type: ignore[arg-type]

        def write_box(arrays: Arrays, i: int, value: Any) -> None:
            known = value.__class__ is ndarray and value.shape == shape
            if known and (value.dtype is declared or value.dtype in allowed):
                arrays[0][i] = value
            else:
                arrays[0][i] = leaf.encode(value)

        return write_box
    if isinstance(leaf.space, spaces.Discrete):

        def write_discrete(arrays: Arrays, i: int, value: Any) -> None:
            arrays[0][i] = value - start if value.__class__ is int else leaf.encode(value)

        return write_discrete

    def write_checked(arrays: Arrays, i: int, value: Any) -> None:
        arrays[0][i] = leaf.encode(value)

    return write_checked
