"""topk, sort, cumulative sums, samples: along one dimension."""

from __future__ import annotations

from typing import Any

from rlt.shapes import dims as D
from rlt.shapes import dtypes
from rlt.shapes.rules.problem import Problem, as_dim, known_int
from rlt.shapes.rules.tensor import TensorSpec, axis, need_float, need_numbers
from rlt.shapes.shape import UNKNOWN_SHAPE, Shape


def topk(input: TensorSpec, k: Any, dim: Any = -1, largest: Any = True, sorted: Any = True) -> tuple[TensorSpec, TensorSpec]:
    """(values, indices): `k` in place of dimension `dim`, which holds at least k."""
    need_numbers(input)
    if not known_int(dim):
        out = input.of(UNKNOWN_SHAPE)
        return out, out.of(out.shape, "int64")
    at = axis(dim, input.shape)
    assert at is not None
    size = input.shape.size(at) if input.rank != 0 else 1
    if isinstance(size, int) and known_int(k) and k > size:
        raise Problem(f"k of at most {size} (dimension {dim} of {input.shape})", str(k), kind="argument", dimension=dim)
    out = input.of(input.shape.replace(at, as_dim(k))) if input.rank != 0 else input
    return out, out.of(out.shape, "int64")


def sort(input: TensorSpec, dim: Any = -1, descending: Any = False, stable: Any = False) -> tuple[TensorSpec, TensorSpec]:
    """(values, indices) of the same shape."""
    if known_int(dim):
        axis(dim, input.shape)
    return input, input.of(input.shape, "int64")


def argsort(input: TensorSpec, dim: Any = -1, descending: Any = False, stable: Any = False) -> TensorSpec:
    return sort(input, dim)[1]


def cumulative(input: TensorSpec, dim: Any, dtype: Any = None) -> TensorSpec:
    """`cumsum`, `cumprod`, `logcumsumexp`: the same shape, integers as int64."""
    if known_int(dim):
        axis(dim, input.shape)
    given = dtype if isinstance(dtype, str) else None
    return input.of(input.shape, given or dtypes.accumulated(input.dtype))


def cumulative_extreme(input: TensorSpec, dim: Any) -> tuple[TensorSpec, TensorSpec]:
    """`cummax`, `cummin`: (values, indices)."""
    return sort(input, dim)


def diff(input: TensorSpec, n: Any = 1, dim: Any = -1, prepend: Any = None, append: Any = None) -> TensorSpec:
    """One element fewer along `dim`, n times."""
    if not known_int(dim) or not known_int(n) or prepend is not None or append is not None:
        return input.of(UNKNOWN_SHAPE if input.rank is None else (None,) * input.rank)
    if input.rank == 0:
        raise Problem("at least 1 dimension", "a scalar", kind="rank")
    at = axis(dim, input.shape)
    assert at is not None
    size = D.sub(input.shape.size(at), n)
    return input.of(input.shape.replace(at, max(size, 0) if isinstance(size, int) else size))


def multinomial(input: TensorSpec, num_samples: Any, replacement: Any = False, generator: Any = None) -> TensorSpec:
    """`[batch, categories]` to `[batch, num_samples]` of int64; without replacement, no more than categories."""
    need_float(input)
    if input.rank is not None and input.rank not in (1, 2):
        raise Problem("1 or 2 dimensions (batch, categories)", str(input.shape), kind="rank")
    have = input.shape.size(-1)
    if replacement is False and isinstance(have, int) and known_int(num_samples) and num_samples > have:
        raise Problem(f"at most {have} samples without replacement", str(num_samples), kind="argument")
    return input.of(input.shape.with_last((as_dim(num_samples),), 1), "int64")


def searchsorted(sorted_sequence: TensorSpec, input: Any, **options: Any) -> TensorSpec:
    """The shape of what is looked up."""
    return input.of(input.shape, "int64") if isinstance(input, TensorSpec) else sorted_sequence.of((), "int64")


def bucketize(input: TensorSpec, boundaries: TensorSpec, **options: Any) -> TensorSpec:
    return input.of(input.shape, "int64")


def bincount(input: TensorSpec, weights: Any = None, minlength: Any = 0) -> TensorSpec:
    """A vector whose length depends on the values."""
    if input.rank is not None and input.rank != 1:
        raise Problem("a vector", str(input.shape), kind="rank")
    return input.of((None,), "int64" if weights is None else None)


def unfold_windows(input: TensorSpec, dimension: Any, size: Any, step: Any) -> TensorSpec:
    """`Tensor.unfold`: windows of `size` along a dimension, `size` as a new last one."""
    if not known_int(dimension) or input.rank is None:
        return input.of(UNKNOWN_SHAPE)
    at = axis(dimension, input.shape)
    assert at is not None
    if input.rank == 0:
        return input.of(UNKNOWN_SHAPE)
    have, width = input.dims[at], as_dim(size)
    if isinstance(have, int) and isinstance(width, int) and width > have:
        raise Problem(f"a window of at most {have}", str(width), dimension=dimension)
    count = D.add(D.floordiv(D.sub(have, width), as_dim(step)), 1)
    return input.of(Shape((*input.dims[:at], count, *input.dims[at + 1 :], width)))
