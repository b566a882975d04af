"""The words that stand in a tensor's type for its dtype and device: `Tensor[Float[Any], Cpu, tuple[...]]`.

They exist for the type checker alone; no value is ever one of these.
"""

from __future__ import annotations

from typing import Generic, TypeVar

Width = TypeVar("Width", covariant=True)


class Float(Generic[Width]):
    """Floating point; `Float[Literal[32]]` is float32, `Float[Any]` any width."""


class Int(Generic[Width]):
    """Integers; `Int[Literal["uint8"]]` is uint8."""


class Complex(Generic[Width]):
    """Complex numbers, by their bits."""


class Bool:
    """True or false."""


class Cpu:
    """Lies in main memory."""


class Cuda:
    """Lies on an NVIDIA GPU."""


class Turns(Generic[Width]):
    """Begins the layers that one turn of a loop puts in a list; its text says how sizes go from turn to turn."""


class Either:
    """Begins the ways in which a part of a network may be built."""


class Same:
    """A layer that is not known and keeps its input's shape: what `activation()` makes."""


class Built(Generic[Width]):
    """Around what a function builds, in the names of its parameters: to be read by its calls alone."""
