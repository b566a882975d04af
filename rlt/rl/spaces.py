"""Gymnasium spaces as plain data, so that a saved agent knows what it was built for without importing anything."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from gymnasium import Space, spaces

from rlt.errors import RunError, SpaceError
from rlt.rl.trees import tree_leaves
from rlt.types import Tensor


class Bounds(NamedTuple):
    """Of a Box."""

    low: Tensor
    high: Tensor


def space_map(function: Callable[[Space[Any]], Any], space: Space[Any]) -> Any:
    """`function` of each space that is neither Dict nor Tuple, in a tree like the space's values."""
    if isinstance(space, spaces.Dict):
        return {key: space_map(function, part) for key, part in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(space_map(function, part) for part in space.spaces)
    return function(space)


def space_tree(space: Space[Any]) -> Any:
    """The spaces that are neither Dict nor Tuple, in a tree like the space's values."""
    return space_map(lambda leaf: leaf, space)


def space_leaves(space: Space[Any]) -> list[Space[Any]]:
    """The same as a list, in order."""
    return tree_leaves(space_tree(space))


def space_text(space: Space[Any]) -> str:
    """One line for a message: a Box without its arrays of bounds."""
    if isinstance(space, spaces.Box):
        return f"Box{space.shape} of {space.dtype}"
    if isinstance(space, spaces.Dict):
        return "Dict(" + ", ".join(f"{key}: {space_text(part)}" for key, part in space.spaces.items()) + ")"
    if isinstance(space, spaces.Tuple):
        return "Tuple(" + ", ".join(map(space_text, space.spaces)) + ")"
    return " ".join(str(space).split())


def bounds_of(space: Space[Any], device: torch.device) -> Any:
    """The bounds of each Box in a tree like the space's values; None for what has none."""

    def bounds(leaf: Space[Any]) -> Bounds | None:
        if not isinstance(leaf, spaces.Box):
            return None
        return Bounds(*(torch.as_tensor(b, dtype=torch.float32, device=device) for b in (leaf.low, leaf.high)))

    return space_map(bounds, space)


def encode(space: Space[Any]) -> dict[str, Any]:
    """`space` as a tree of numbers, strings and arrays."""
    if isinstance(space, spaces.Box):
        return {"kind": "Box", "low": space.low, "high": space.high, "dtype": str(space.dtype)}
    if isinstance(space, spaces.Discrete):
        return {"kind": "Discrete", "n": int(space.n), "start": int(space.start)}
    if isinstance(space, spaces.MultiDiscrete):
        return {"kind": "MultiDiscrete", "nvec": np.asarray(space.nvec), "start": np.asarray(space.start)}
    if isinstance(space, spaces.MultiBinary):
        return {"kind": "MultiBinary", "shape": list(space.shape)}
    if isinstance(space, spaces.Dict):
        return {"kind": "Dict", "spaces": {key: encode(part) for key, part in space.spaces.items()}}
    if isinstance(space, spaces.Tuple):
        return {"kind": "Tuple", "spaces": [encode(part) for part in space.spaces]}
    raise SpaceError(f"{space} cannot be saved", "expected Box, Discrete, MultiDiscrete, MultiBinary, Dict or Tuple")


def decode(data: dict[str, Any]) -> Space[Any]:
    """The space that `encode` wrote."""
    kind = data["kind"]
    if kind == "Box":
        return spaces.Box(data["low"], data["high"], dtype=np.dtype(data["dtype"]).type)
    if kind == "Discrete":
        return spaces.Discrete(data["n"], start=data["start"])
    if kind == "MultiDiscrete":
        return spaces.MultiDiscrete(data["nvec"], start=data["start"])
    if kind == "MultiBinary":
        return spaces.MultiBinary(data["shape"])
    if kind == "Dict":
        return spaces.Dict(OrderedDict((key, decode(part)) for key, part in data["spaces"].items()))  # a dict would be sorted
    if kind == "Tuple":
        return spaces.Tuple([decode(part) for part in data["spaces"]])
    raise RunError(f"the file names a space of kind {kind}, which this rlt does not know", fix="pip install --upgrade rlt")


def difference(saved: Space[Any], given: Space[Any]) -> str | None:
    """Why an agent for `saved` cannot act in `given`; None where it can. Bounds of observations may differ."""
    if type(saved) is not type(given) or saved.shape != given.shape:
        return f"expected {saved}, got {given}"
    if isinstance(saved, spaces.Box):
        return None if np.dtype(saved.dtype).kind == np.dtype(given.dtype).kind else f"expected {saved.dtype}, got {given.dtype}"
    return None if saved == given else f"expected {saved}, got {given}"
