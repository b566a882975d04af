"""New tensors: zeros, rand, arange, eye, and those like another."""

from __future__ import annotations

import math
from typing import Any

from rlt.shapes import dims as D
from rlt.shapes import dtypes
from rlt.shapes.dims import Dim
from rlt.shapes.rules.problem import Problem, as_dim, known_int
from rlt.shapes.rules.reshaping import sizes_of
from rlt.shapes.rules.tensor import TensorSpec
from rlt.shapes.shape import UNKNOWN_SHAPE


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _made(sizes: Any, dtype: dtypes.Dtype, device: Any) -> TensorSpec:
    where = _text(device)
    where = where.split(":")[0] if where else None
    if sizes is None:
        return TensorSpec(UNKNOWN_SHAPE, dtype, where)
    for i, s in enumerate(sizes):
        if known_int(s) and s < 0:
            raise Problem("sizes of at least 0", str(s), kind="argument", dimension=i)
    return TensorSpec(dtype=dtype, device=where).of([as_dim(s) for s in sizes])


def filled(*size: Any, dtype: Any = None, device: Any = None, **options: Any) -> TensorSpec:
    """`zeros ones empty rand randn`: float unless `dtype` says otherwise."""
    if "size" in options:
        size = (options["size"],)
    return _made(sizes_of(size), "float" if dtype is None else _text(dtype), device)


def full(size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, **options: Any) -> TensorSpec:
    """The dtype is that of the fill value."""
    kinds: dict[type, str] = {bool: "bool", int: "int64", float: "float"}
    given = kinds.get(type(fill_value)) if dtype is None else _text(dtype)
    return _made(sizes_of((size,)), given, device)


def randint(*args: Any, dtype: Any = None, device: Any = None, **options: Any) -> TensorSpec:
    """`randint([low,] high, size)`: int64."""
    size = options.get("size", args[-1] if args else None)
    sizes = tuple(size) if isinstance(size, (tuple, list)) else None
    return _made(sizes, "int64" if dtype is None else _text(dtype), device)


def randperm(n: Any, *, dtype: Any = None, device: Any = None, **options: Any) -> TensorSpec:
    return _made((n,), "int64" if dtype is None else _text(dtype), device)


def arange(*args: Any, dtype: Any = None, device: Any = None, **options: Any) -> TensorSpec:
    """ceil((end - start) / step) elements; int64 where all bounds are integers."""
    start, end, step = (0, args[0], 1) if len(args) == 1 else (*args, 1)[:3] if args else (0, None, 1)
    start, end = options.get("start", start), options.get("end", end)
    step = options.get("step", step)
    given = "int64" if dtype is None else _text(dtype)
    if any(isinstance(v, float) for v in (start, end, step)):
        given = "float" if dtype is None else given
    count: Dim = None
    if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (start, end, step)):
        if step == 0 or (end - start) * step < 0:
            raise Problem("a step that leads from start to end", f"{start} to {end} by {step}", kind="argument")
        count = math.ceil((end - start) / step)
    elif step == 1:
        count = D.sub(as_dim(end), as_dim(start))
    elif known_int(step) and step > 0:
        count = D.ceildiv(D.sub(as_dim(end), as_dim(start)), step)
    elif not all(known_int(v) or isinstance(v, D.Sym) for v in (start, end, step)) and dtype is None:
        given = None
    return _made((count,), given, device)


def linspace(start: Any, end: Any, steps: Any, *, dtype: Any = None, device: Any = None, **options: Any) -> TensorSpec:
    """`linspace`, `logspace`: `steps` elements."""
    return _made((steps,), "float" if dtype is None else _text(dtype), device)


def eye(n: Any, m: Any = None, *, dtype: Any = None, device: Any = None, **options: Any) -> TensorSpec:
    return _made((n, n if m is None else m), "float" if dtype is None else _text(dtype), device)


def like(input: TensorSpec, *args: Any, dtype: Any = None, device: Any = None, **options: Any) -> TensorSpec:
    """`zeros_like`, `rand_like`, …: the shape, dtype and device of another, unless given."""
    where = _text(device)
    return TensorSpec(
        input.shape,
        input.dtype if dtype is None else _text(dtype),
        input.device if device is None else where.split(":")[0] if where else None,
    )


def new(input: TensorSpec, *size: Any, dtype: Any = None, device: Any = None, **options: Any) -> TensorSpec:
    """`x.new_zeros(size)`, `new_ones`, `new_empty`: the dtype and device of `x`."""
    if "size" in options:
        size = (options["size"],)
    made = _made(sizes_of(size), input.dtype if dtype is None else _text(dtype), device)
    return TensorSpec(made.shape, made.dtype, input.device if device is None else made.device)


def new_full(
    input: TensorSpec, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None, **options: Any
) -> TensorSpec:
    return new(input, size, dtype=dtype, device=device)


def bernoulli(input: TensorSpec, *args: Any, **options: Any) -> TensorSpec:
    return input


def normal(mean: Any, std: Any = 1.0, size: Any = None, **options: Any) -> TensorSpec:
    """`torch.normal`: the broadcast of mean and std, or `size`."""
    from rlt.shapes.rules.broadcasting import elementwise

    if size is not None:
        return filled(size)
    tensors = [x for x in (mean, std) if isinstance(x, TensorSpec)]
    return elementwise(*tensors) if tensors else TensorSpec(dtype="float")


def converted(input: TensorSpec, dtype: Any = None, device: Any = None) -> TensorSpec:
    """`x.to(...)` with dtype and device as names; what is None stays."""
    where = _text(device)
    return TensorSpec(
        input.shape,
        input.dtype if dtype is None else _text(dtype),
        input.device if device is None else where.split(":")[0] if where else None,
    )
