"""View, reshape, flatten, unflatten, repeat: the same elements under other sizes."""

from __future__ import annotations

from typing import Any

from rlt.shapes import dims as D
from rlt.shapes.dims import Dim
from rlt.shapes.rules.problem import Problem, as_dim, is_unknown, known_int
from rlt.shapes.rules.tensor import TensorSpec, axis
from rlt.shapes.shape import UNKNOWN_SHAPE, Shape, shape_of


def sizes_of(args: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """`f(2, 3)` and `f((2, 3))` alike; None where it is not known how many there are."""
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        return tuple(args[0])
    if len(args) == 1 and is_unknown(args[0]):
        return None
    return tuple(args)


def reshape(input: TensorSpec, *shape: Any) -> TensorSpec:
    """`view`, `reshape`: -1 takes what is left. Problem where the numbers of elements differ."""
    if len(shape) == 1 and isinstance(shape[0], str):  # view(dtype)
        return input.of(UNKNOWN_SHAPE, shape[0])
    sizes = sizes_of(shape)
    if sizes is None:
        return input.of(UNKNOWN_SHAPE)
    if sum(1 for s in sizes if s == -1) > 1:
        raise Problem("at most one -1", str(tuple(sizes)).replace("UNKNOWN", "?"), kind="argument")
    wanted = [None if s == -1 else as_dim(s) for s in sizes]
    known = D.product([as_dim(s) for s in sizes if s != -1])
    have = input.shape.numel()
    target = "(" + ", ".join("-1" if s == -1 else D.show(as_dim(s)) for s in sizes) + ")"
    if -1 in sizes:
        left = D.exact_quotient(have, known)
        if left is None and isinstance(have, int) and isinstance(known, int):
            raise Problem(
                f"a number of elements divisible by {known} for {target}",
                f"{have} in {input.shape}",
                sizes=(known, have),
            )
        if left is None and have is not None and known is not None and D.rests_on_names(have, known):
            left = D.floordiv(have, known) if isinstance(known, int) and isinstance(have, D.Sym) else None
        return input.of([left if s == -1 else as_dim(s) for s in sizes])
    if D.differ(have, known):
        raise Problem(
            f"{D.show(known)} elements for {target}",
            f"{D.show(have)} in {input.shape}",
            sizes=(known, have),
            fix=_reshape_fix(input.shape, wanted, have),
        )
    return input.of(wanted)


def _reshape_fix(shape: Shape, wanted: list[Dim], have: Dim) -> str:
    """`{x}.flatten(1)` where the batch is kept and only the feature count is wrong; else nothing."""
    if len(wanted) == 2 and shape.rank is not None and shape.rank > 2 and wanted[0] == shape.dims[0]:
        return "{x}.flatten(1)"
    return ""


def view_as(input: TensorSpec, other: TensorSpec) -> TensorSpec:
    if other.rank is None:
        return input.of(UNKNOWN_SHAPE)
    return reshape(input, tuple(other.dims)) if None not in other.dims else input.of(other.shape)


def flatten(input: TensorSpec, start_dim: Any = 0, end_dim: Any = -1) -> TensorSpec:
    """Dimensions `start_dim` to `end_dim` become one."""
    if not known_int(start_dim) or not known_int(end_dim):
        return input.of(UNKNOWN_SHAPE)
    shape = input.shape
    if shape.rank is None:
        if start_dim >= 0 and end_dim == -1:
            return input.of((*shape.expose_first(start_dim).before[:start_dim], None))
        return input.of(UNKNOWN_SHAPE)
    if shape.rank == 0:
        axis(start_dim, shape)
        axis(end_dim, shape)
        return input.of((1,))
    start, end = axis(start_dim, shape), axis(end_dim, shape)
    assert start is not None
    assert end is not None
    if start > end:
        raise Problem("start_dim before end_dim", f"{start_dim} and {end_dim} for {shape}", kind="argument")
    return input.of((*shape.dims[:start], D.product(shape.dims[start : end + 1]), *shape.dims[end + 1 :]))


def flatten_layer(x: TensorSpec, *, start_dim: Any = 1, end_dim: Any = -1) -> TensorSpec:
    """`nn.Flatten`: all but the batch."""
    return flatten(x, start_dim, end_dim)


def unflatten(input: TensorSpec, dim: Any, sizes: Any) -> TensorSpec:
    """One dimension split into `sizes`, one of which may be -1."""
    if not known_int(dim) or not isinstance(sizes, (tuple, list)) or input.rank is None:
        return input.of(UNKNOWN_SHAPE)
    if input.rank == 0:
        raise Problem("at least 1 dimension", "a scalar", kind="rank")
    at = axis(dim, input.shape)
    assert at is not None
    have = input.dims[at]
    try:
        split = reshape(TensorSpec(shape_of((have,))), *sizes)
    except Problem:
        wanted = D.product([as_dim(s) for s in sizes if s != -1])
        raise Problem(
            f"{D.show(wanted)} features to unflatten into {shape_of(None if s == -1 else as_dim(s) for s in sizes)}",
            f"{D.show(have)} in {input.shape}",
            dimension=dim,
            sizes=(wanted, have),
        ) from None
    return input.of((*input.dims[:at], *split.dims, *input.dims[at + 1 :]))


def unflatten_layer(x: TensorSpec, *, dim: Any, unflattened_size: Any) -> TensorSpec:
    """`nn.Unflatten`."""
    return unflatten(x, dim, unflattened_size)


def repeat(input: TensorSpec, *repeats: Any) -> TensorSpec:
    """`Tensor.repeat`: at least as many repeats as dimensions."""
    counts = sizes_of(repeats)
    if counts is None or input.rank is None:
        return input.of(UNKNOWN_SHAPE if counts is None else (None,) * len(counts))
    if len(counts) < input.rank:
        raise Problem(f"at least {input.rank} repeats for {input.shape}", str(len(counts)), kind="rank")
    dims = (1,) * (len(counts) - input.rank) + input.dims
    return input.of([D.mul(d, as_dim(r)) for d, r in zip(dims, counts)])


def tile(input: TensorSpec, *dims: Any) -> TensorSpec:
    """As `repeat`, with missing repeats taken as 1."""
    counts = sizes_of(dims)
    if counts is None or input.rank is None:
        return input.of(UNKNOWN_SHAPE)
    return repeat(input, (1,) * max(input.rank - len(counts), 0) + counts)


def repeat_interleave(input: TensorSpec, repeats: Any, dim: Any = None, output_size: Any = None) -> TensorSpec:
    """Each element `repeats` times along `dim`; flattened first where `dim` is None."""
    count = as_dim(repeats)
    if dim is None:
        total = input.shape.numel()
        return input.of((D.mul(total, count),))
    if not known_int(dim):
        return input.of(UNKNOWN_SHAPE)
    if input.rank == 0:
        raise Problem("at least 1 dimension", "a scalar", kind="rank")
    at = axis(dim, input.shape)
    assert at is not None
    return input.of(input.shape.replace(at, D.mul(input.shape.size(at), count)))
