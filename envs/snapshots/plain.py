"""Objects that hold nothing but plain data: classic control, toy text, wrappers, most environments that people write.

Their attributes are saved one by one: numbers, strings, arrays, generators, and lists, tuples, dicts, sets and deques
of these. An attribute of any other type is left out if it cannot matter to future steps (spaces, functions, classes,
modules, pygame's surfaces), else it is the reason why the object cannot be saved.
"""

from __future__ import annotations

import types
from collections import deque
from collections.abc import Iterable
from dataclasses import is_dataclass
from typing import Any

import gymnasium as gym
import numpy as np

from rlt.envs.snapshots import generator

_ABSENT = object()
# Rendering, registration and caches of Gymnasium: nothing that a step reads.
_RENDERING = {"clock", "screen", "surf", "viewer", "window", "window_surface", "mujoco_renderer"}
_REGISTRATION = {"env", "spec", "metadata", "_metadata", "_saved_kwargs", "_ezpickle_args", "_ezpickle_kwargs"}
_CACHES = {"_cached_spec", "_action_space", "_observation_space"}
_SKIPPED = _RENDERING | _REGISTRATION | _CACHES


class Unsaveable(Exception):
    """An attribute that cannot be saved; the message names it and its type."""


def save(thing: Any, skip: Iterable[str] = ()) -> dict[str, Any]:
    """The attributes of `thing` as a tree; raises `Unsaveable`."""
    left_out = _SKIPPED | set(skip)
    state: dict[str, Any] = {}
    seen: dict[int, str] = {}
    if not hasattr(thing, "__dict__"):
        raise Unsaveable(f"{type(thing).__qualname__} has no attributes that could be listed")
    for name, value in vars(thing).items():
        if name in left_out:
            continue
        if isinstance(value, (np.random.Generator, np.ndarray, list, dict, set, deque)):
            first = seen.setdefault(id(value), name)
            if first != name:  # two names of one thing, as in self.rng = self.np_random
                state[name] = {"kind": "same", "as": first}
                continue
        encoded = _encode_record(value, name) if _is_record(value) else _encode(value, name)
        if encoded is not _ABSENT:
            state[name] = encoded
    return state


def restore(thing: Any, state: dict[str, Any]) -> None:
    """Gives `thing` the attributes that `save` saw. A record in one of them must be there already: reset first."""
    attributes = vars(thing)
    for name, encoded in state.items():
        held = attributes.get(name)
        if isinstance(held, np.random.Generator) and isinstance(encoded, dict) and encoded.get("kind") == "generator":
            generator.restore(held, encoded["state"])
        elif isinstance(encoded, dict) and encoded.get("kind") == "space":
            if isinstance(held, gym.Space):
                _restore_space(held, encoded)
        elif isinstance(encoded, dict) and encoded.get("kind") == "record":
            restore(held, encoded["fields"])
        elif isinstance(encoded, dict) and encoded.get("kind") == "same":
            attributes[name] = attributes[encoded["as"]]
        else:
            attributes[name] = _decode(encoded)  # past any __setattr__: a frozen record is restored as well


def _encode(value: Any, name: str) -> Any:
    if value is None or value.__class__ in (bool, str, float):
        return value
    if value.__class__ is int:
        return value if -(2**62) < value < 2**62 else {"kind": "int", "hex": hex(value)}
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise Unsaveable(f"{name} is an array of Python objects")
        return value.copy()
    if isinstance(value, np.generic) and not isinstance(value, (np.void, np.object_)):
        return {"kind": "scalar", "value": np.array([value])}
    if isinstance(value, np.random.Generator):
        return {"kind": "generator", "state": generator.save(value)}
    if isinstance(value, gym.Space):
        return _encode_space(value)
    if value.__class__ in (list, tuple, set, deque):
        try:
            ordered = sorted(value) if value.__class__ is set else value
        except TypeError:
            raise Unsaveable(f"{name} is a set of things without an order") from None
        items = [_encode(item, f"{name}[{i}]") for i, item in enumerate(ordered)]
        if any(item is _ABSENT for item in items):
            return _ABSENT
        maxlen = value.maxlen if isinstance(value, deque) else None
        return {"kind": value.__class__.__name__, "items": items, "maxlen": maxlen}
    if value.__class__ is dict:
        keys = [_encode(key, f"a key of {name}") for key in value]
        items = [_encode(item, f"{name}[{key!r}]") for key, item in value.items()]
        if any(item is _ABSENT for item in (*keys, *items)):
            return _ABSENT
        return {"kind": "dict", "keys": keys, "items": items}
    if _is_inert(value):
        return _ABSENT
    raise Unsaveable(f"{name} is a {type(value).__module__}.{type(value).__qualname__}")


def _is_record(value: Any) -> bool:
    """A holder of plain fields that stands as an attribute: a dataclass instance, Gymnasium's running statistics."""
    if isinstance(value, type) or not hasattr(value, "__dict__"):
        return False
    return is_dataclass(value) or type(value).__module__ == "gymnasium.wrappers.utils"


def _encode_record(value: Any, name: str) -> dict[str, Any]:
    held = {n: _encode(v, f"{name}.{n}") for n, v in vars(value).items()}
    return {"kind": "record", "fields": {n: v for n, v in held.items() if v is not _ABSENT}}


def _is_inert(value: Any) -> bool:
    callables = (type, types.FunctionType, types.BuiltinFunctionType, types.MethodType, np.ufunc)
    inert = isinstance(value, (*callables, types.ModuleType, np.dtype))
    return inert or type(value).__module__.split(".")[0] == "pygame"


def _encode_space(space: gym.Space[Any]) -> Any:
    # A space's generator matters to an environment that samples from it; most spaces never made one.
    made = space._np_random
    parts = [_encode_space(sub) for sub in _sub_spaces(space)]
    return {"kind": "space", "generator": None if made is None else generator.save(made), "parts": parts}


def _restore_space(space: gym.Space[Any], encoded: dict[str, Any]) -> None:
    if encoded["generator"] is not None:
        generator.restore(space.np_random, encoded["generator"])
    for sub, part in zip(_sub_spaces(space), encoded["parts"]):
        _restore_space(sub, part)


def _sub_spaces(space: gym.Space[Any]) -> list[gym.Space[Any]]:
    if isinstance(space, gym.spaces.Dict):
        return list(space.spaces.values())
    return list(space.spaces) if isinstance(space, gym.spaces.Tuple) else []


def _decode(encoded: Any) -> Any:
    if isinstance(encoded, np.ndarray):
        return encoded.copy()
    if not isinstance(encoded, dict):
        return encoded
    kind = encoded["kind"]
    if kind == "int":
        return int(encoded["hex"], 16)
    if kind == "scalar":
        return encoded["value"][0]
    if kind == "generator":
        return generator.rebuild(encoded["state"])
    items = [_decode(item) for item in encoded["items"]]
    if kind == "dict":
        return dict(zip((_decode(key) for key in encoded["keys"]), items))
    if kind == "deque":
        return deque(items, maxlen=encoded["maxlen"])
    return {"list": list, "tuple": tuple, "set": set}[kind](items)
