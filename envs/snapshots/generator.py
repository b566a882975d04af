"""Random generators as plain values: a PCG64 state holds 128-bit integers, which not every number format carries."""

from __future__ import annotations

from typing import Any

import numpy as np


def save(generator: np.random.Generator) -> dict[str, Any]:
    """The generator's state as a tree of strings, numbers and arrays."""
    return {key: _plain(value) for key, value in generator.bit_generator.state.items()}


def restore(generator: np.random.Generator, state: dict[str, Any]) -> None:
    """Puts the generator into `state`, in place: whoever else holds it goes on from there too."""
    wanted = {key: _back(value) for key, value in state.items()}
    kind = generator.bit_generator.state["bit_generator"]
    if kind != wanted["bit_generator"]:
        raise ValueError(f"a {wanted['bit_generator']} state for a {kind} generator")
    generator.bit_generator.state = wanted


def rebuild(state: dict[str, Any]) -> np.random.Generator:
    """A new generator in `state`."""
    generator = np.random.Generator(getattr(np.random, state["bit_generator"])(0))
    restore(generator, state)
    return generator


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return hex(int(value))
    return value.copy() if isinstance(value, np.ndarray) else value


def _back(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _back(v) for key, v in value.items()}
    if isinstance(value, str) and value.startswith("0x"):
        return int(value, 16)
    return np.asarray(value) if not isinstance(value, (str, int, float)) else value
