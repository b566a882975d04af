"""What is known of a tensor: its shape, dtype and device."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from rlt.shapes import dtypes
from rlt.shapes.dims import Dim
from rlt.shapes.dtypes import Dtype
from rlt.shapes.rules.problem import UNKNOWN, Problem, known_int
from rlt.shapes.shape import UNKNOWN_SHAPE, Shape, shape_of

_MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """A tensor as the rules see it. Each part may be unknown."""

    shape: Shape = UNKNOWN_SHAPE
    dtype: Dtype = None
    device: str | None = None
    """`cpu`, `cuda`, … without an index."""

    @property
    def dims(self) -> tuple[Dim, ...]:
        return self.shape.dims

    @property
    def rank(self) -> int | None:
        return self.shape.rank

    def of(self, shape: Shape | Iterable[Dim], dtype: Dtype = _MISSING) -> TensorSpec:
        """The same device, and dtype unless given, with another shape."""
        new = shape if isinstance(shape, Shape) else shape_of(shape)
        return replace(self, shape=new, dtype=self.dtype if dtype is _MISSING else dtype)

    def __str__(self) -> str:
        word = {
            None: "Tensor",
            "float": "Float",
            "int": "Int",
            "bool": "Bool",
            "complex": "Complex",
            "uint8": "UInt8",
            "bfloat16": "BFloat16",
        }.get(self.dtype, (self.dtype or "").capitalize())
        return f"{word}{self.shape}" + (f" on {self.device}" if self.device else "")


UNKNOWN_TENSOR = TensorSpec()


def is_scalar(x: TensorSpec) -> bool:
    return x.shape.run is None and not x.dims


def need_numbers(x: TensorSpec) -> None:
    """Refuses bool, as torch does where it picks by size."""
    if dtypes.kind(x.dtype) == "bool":
        raise Problem("numbers", str(x), kind="dtype", fix="{x}.int()")


def need_float(x: TensorSpec, *, fix: str = "{x}.float()", argument: int | str = 0) -> None:
    """Refuses integers and bool where a layer computes in floating point."""
    if dtypes.kind(x.dtype) in ("int", "bool"):
        raise Problem("floating-point input", str(x), kind="dtype", fix=fix, argument=argument)


def need_same_dtype(x: TensorSpec, weight: Dtype, argument: int | str = 0) -> None:
    """Refuses a float64 input of a float32 layer; only where both are known to the width."""
    if x.dtype in dtypes.FLOATS and weight in dtypes.FLOATS and x.dtype != weight:
        fix = "{x}.float()" if weight == "float32" else f"{{x}}.to(torch.{weight})"
        raise Problem(f"{weight} as its weights are", str(x), kind="dtype", fix=fix, argument=argument)


def need_statistics_dtype(x: TensorSpec, weight: Dtype) -> None:
    """Refuses float64 against float32 parameters; a half-precision input is welcome."""
    if {x.dtype, weight} == {"float32", "float64"}:
        need_same_dtype(x, weight)


def need_rank(x: TensorSpec, ranks: tuple[int, ...], layout: str, argument: int | str = 0) -> None:
    """Refuses a tensor whose rank cannot be one of `ranks`; `layout` says what the dimensions should be."""
    if x.shape.run is None:
        bad = len(x.dims) not in ranks
    else:
        bad = x.shape.least_rank > max(ranks)
    if bad:
        got = f"{x.shape.least_rank} dimensions {x.shape}" if x.dims else "a scalar"
        raise Problem(layout, got, kind="rank", argument=argument)


def same_device(*tensors: TensorSpec) -> str | None:
    """The device that tensors of one operation share. A 0-d CPU tensor may meet any device, as in torch."""
    device: str | None = None
    for i, t in enumerate(tensors):
        if t.device is None or is_scalar(t):
            continue
        if device is not None and t.device != device:
            raise Problem(
                f"tensors on one device ({device})",
                f"{t.shape} on {t.device}",
                kind="device",
                fix=f'{{x}}.to("{device}")',
                argument=i,
                involved=tuple(range(len(tensors))),
            )
        device = device or t.device
    if device is None and all(t.device is not None for t in tensors) and tensors:
        return tensors[0].device
    return device


def axis(dim: Any, x: Shape, *, extra: int = 0, argument: int | str = 0) -> int | None:
    """`dim` as an index usable with `Shape.size`: non-negative for a known rank; None where it is not known.

    `extra` more positions are allowed (1 for unsqueeze and stack). Problem where it is out of range.
    """
    if not known_int(dim):
        return None
    rank = x.rank
    if rank is None:
        return dim
    n = rank + extra
    if n == 0:
        n = 1  # torch lets -1 and 0 name the one "dimension" of a scalar
    if not -n <= dim < n:
        raise Problem(f"a dimension from {-n} to {n - 1}", f"{dim} for {x}", kind="argument", dimension=dim, argument=argument)
    return dim % n


def each(value: Any, n: int) -> tuple[Any, ...]:
    """A hyper-parameter given once, or once for each of `n` spatial dimensions. `UNKNOWN` for each where unknown."""
    if isinstance(value, (tuple, list)):
        if len(value) == n:
            return tuple(value)
        return tuple(value) * n if len(value) == 1 else (UNKNOWN,) * n
    return (value,) * n
