"""The words of a tensor's type: dtype, device, shape; and whether data is for training or for testing.

`Float[Tensor, "batch 3 32 32"]` is jaxtyping's notation. The word is the dtype (`Float` any floating one, `Float32`
that one), the first argument the device (`Tensor` any, `Cpu`, `Cuda`), the string the shape.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from jaxtyping import (
    BFloat16,
    Bool,
    Complex,
    Complex64,
    Complex128,
    Float,
    Float16,
    Float32,
    Float64,
    Inexact,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Num,
    Real,
    Shaped,
    UInt8,
)
from torch import Tensor

__all__ = [
    "BFloat16",
    "Bool",
    "Complex",
    "Complex64",
    "Complex128",
    "Cpu",
    "Cuda",
    "Float",
    "Float16",
    "Float32",
    "Float64",
    "Inexact",
    "Int",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "Num",
    "Purpose",
    "Real",
    "Shaped",
    "Stream",
    "Tensor",
    "Test",
    "Train",
    "UInt8",
]

if TYPE_CHECKING:

    class Cpu(Tensor):
        """A tensor in the CPU's memory: `Float[Cpu, "batch 4"]`."""

    class Cuda(Tensor):
        """A tensor on a CUDA device: `Float[Cuda, "batch 4"]`."""

else:

    class _OnDevice(type):
        """A class whose instances are the tensors of one kind of device."""

        def __instancecheck__(cls, x: object) -> bool:
            return isinstance(x, Tensor) and x.device.type == cls.device_type

        def __subclasscheck__(cls, other: type) -> bool:
            return other is cls

    class Cpu(metaclass=_OnDevice):
        """A tensor in the CPU's memory: `Float[Cpu, "batch 4"]`; `isinstance` tests where a tensor is."""

        device_type = "cpu"

    class Cuda(metaclass=_OnDevice):
        """A tensor on a CUDA device: `Float[Cuda, "batch 4"]`; `isinstance` tests where a tensor is."""

        device_type = "cuda"


class Train:
    """Marks data and environments that learning may use."""


class Test:
    """Marks data and environments that only evaluation may use."""

    __test__ = False  # pytest: this is no test class


Purpose = TypeVar("Purpose", Train, Test)


class Stream(Generic[Purpose]):
    """Batches of data, marked with what they are for.

    `Stream[Train]` and `Stream[Test]` are not interchangeable: `fit(net, data: Stream[Train])` refuses test data in any
    type checker. At run time `purpose` says which it is.
    """

    purpose: type[Train] | type[Test]

    def __init__(self, batches: Iterable[Any], purpose: type[Purpose]) -> None:
        self.batches = batches
        self.purpose = purpose

    def __iter__(self) -> Iterator[Any]:
        return iter(self.batches)
