"""Permute, transpose, movedim, squeeze, unsqueeze, flip: the order and number of dimensions."""

from __future__ import annotations

from typing import Any

from rlt.shapes.dims import Dim
from rlt.shapes.rules.problem import Problem, is_unknown, known_int
from rlt.shapes.rules.reshaping import sizes_of
from rlt.shapes.rules.tensor import TensorSpec, axis
from rlt.shapes.shape import UNKNOWN_SHAPE, Shape


def permute(input: TensorSpec, *dims: Any) -> TensorSpec:
    """Every dimension once, in the new order."""
    order = sizes_of(dims)
    if order is None or is_unknown(order):
        return input.of(UNKNOWN_SHAPE if order is None else (None,) * len(order))
    if input.rank is None:
        if input.shape.least_rank > len(order):
            raise Problem(
                f"{len(order)} dimensions", f"at least {input.shape.least_rank} in {input.shape}", kind="rank"
            )
        return input.of((None,) * len(order))
    if len(order) != input.rank:
        raise Problem(f"{len(order)} dimensions for permute{order}", f"{input.rank} in {input.shape}", kind="rank")
    at = [axis(d, input.shape) for d in order]
    if sorted(a for a in at if a is not None) != list(range(input.rank)):
        raise Problem("every dimension once", f"permute{order}", kind="argument")
    return input.of([input.dims[a] for a in at if a is not None])


def transpose(input: TensorSpec, dim0: Any, dim1: Any) -> TensorSpec:
    """Two dimensions exchanged."""
    if not known_int(dim0) or not known_int(dim1):
        return input.of(UNKNOWN_SHAPE if input.rank is None else (None,) * input.rank)
    shape = input.shape
    if shape.rank is None:
        if dim0 < 0 and dim1 < 0:
            shape = shape.expose_last(max(-dim0, -dim1))
        elif dim0 >= 0 and dim1 >= 0:
            shape = shape.expose_first(max(dim0, dim1) + 1)
        else:
            return input.of(UNKNOWN_SHAPE)
        return input.of(shape.replace(dim0, shape.size(dim1)).replace(dim1, shape.size(dim0)))
    if shape.rank == 0:
        axis(dim0, shape)
        axis(dim1, shape)
        return input
    a, b = axis(dim0, shape), axis(dim1, shape)
    assert a is not None
    assert b is not None
    return input.of(shape.replace(a, shape.dims[b]).replace(b, shape.dims[a]))


def matrix_transpose(input: TensorSpec) -> TensorSpec:
    """`.mT`: the last two exchanged."""
    if input.rank is not None and input.rank < 2:
        raise Problem("at least 2 dimensions", str(input.shape), kind="rank")
    return transpose(input, -2, -1)


def matrix_t(input: TensorSpec) -> TensorSpec:
    """`t()`: a matrix transposed, a vector or scalar as it is."""
    if input.rank is None:
        return input.of(UNKNOWN_SHAPE)
    if input.rank > 2:
        raise Problem(
            "at most 2 dimensions", f"{input.rank} in {input.shape}", kind="rank", fix="{x}.transpose(-2, -1)"
        )
    return input if input.rank < 2 else input.of(input.dims[::-1])


def reverse_all(input: TensorSpec) -> TensorSpec:
    """`.T` of any rank: all dimensions reversed."""
    return input.of(input.dims[::-1]) if input.rank is not None else input.of(UNKNOWN_SHAPE)


def movedim(input: TensorSpec, source: Any, destination: Any) -> TensorSpec:
    """Some dimensions moved, the others keep their order."""
    given = [[v] if known_int(v) else list(v) if isinstance(v, (tuple, list)) else None for v in (source, destination)]
    if input.rank is None or given[0] is None or given[1] is None or is_unknown(given[0], given[1]):
        return input.of(UNKNOWN_SHAPE if input.rank is None else (None,) * input.rank)
    if len(given[0]) != len(given[1]):
        raise Problem("as many destinations as sources", f"{source} and {destination}", kind="argument")
    src = [axis(d, input.shape) for d in given[0]]
    dst = [axis(d, input.shape) for d in given[1]]
    out: list[Dim] = [None] * input.rank
    rest = [d for i, d in enumerate(input.dims) if i not in src]
    moved = dict(zip(dst, src))
    for i in range(input.rank):
        s = moved.get(i)
        out[i] = input.dims[s] if s is not None else rest.pop(0)
    return input.of(out)


def squeeze(input: TensorSpec, dim: Any = None) -> TensorSpec:
    """Drops dimensions of size 1: all of them, or those of `dim` that are. A size with names is taken not to be 1."""
    shape = input.shape
    if dim is None:
        if shape.rank is None or None in shape.dims:
            return input.of(UNKNOWN_SHAPE)
        return input.of([d for d in shape.dims if d != 1])
    given = list(dim) if isinstance(dim, (tuple, list)) else [dim]
    if not all(known_int(d) for d in given):
        return input.of(UNKNOWN_SHAPE)
    if shape.rank is None:
        if len(given) != 1:
            return input.of(UNKNOWN_SHAPE)
        size = shape.size(given[0])
        if size is None:
            return input.of(UNKNOWN_SHAPE)
        if size != 1:
            return input
        at = given[0] if given[0] >= 0 else len(shape.dims) + given[0]
        dims = shape.dims[:at] + shape.dims[at + 1 :]
        return input.of(Shape(dims, (shape.run or 0) - (1 if given[0] >= 0 else 0), shape.run_name))
    at_all = {axis(d, shape) for d in given}
    if shape.rank == 0:
        return input
    if any(shape.dims[a] is None for a in at_all if a is not None):
        return input.of(UNKNOWN_SHAPE)
    return input.of([d for i, d in enumerate(shape.dims) if i not in at_all or d != 1])


def unsqueeze(input: TensorSpec, dim: Any) -> TensorSpec:
    """A new dimension of size 1 at `dim`."""
    if not known_int(dim):
        return input.of(UNKNOWN_SHAPE if input.rank is None else (None,) * (input.rank + 1))
    shape = input.shape
    if shape.rank is None:
        if dim >= 0:
            shape = shape.expose_first(dim)
            run = (shape.run or 0) + 1
        else:
            shape = shape.expose_last(-dim - 1)
            run = shape.run or 0
        at = dim if dim >= 0 else len(shape.dims) + dim + 1
        return input.of(Shape((*shape.dims[:at], 1, *shape.dims[at:]), run, shape.run_name))
    n = shape.rank + 1
    if not -n <= dim < n:
        raise Problem(f"a dimension from {-n} to {n - 1}", f"{dim} for {shape}", kind="argument", dimension=dim)
    at = dim % n
    return input.of((*shape.dims[:at], 1, *shape.dims[at:]))


def flip(input: TensorSpec, *dims: Any) -> TensorSpec:
    """Keeps the shape; the dimensions must exist."""
    for d in sizes_of(dims) or ():
        axis(d, input.shape)
    return input


def rot90(input: TensorSpec, k: Any = 1, dims: Any = (0, 1)) -> TensorSpec:
    """An odd `k` exchanges the two dimensions."""
    if not known_int(k) or not isinstance(dims, (tuple, list)) or is_unknown(dims):
        return input.of(UNKNOWN_SHAPE)
    return transpose(input, *dims) if k % 2 else input


def diagonal(input: TensorSpec, offset: Any = 0, dim1: Any = 0, dim2: Any = 1) -> TensorSpec:
    """The two dimensions go, the diagonal comes last."""
    if input.rank is None or not all(known_int(v) for v in (offset, dim1, dim2)):
        return input.of(UNKNOWN_SHAPE)
    if input.rank < 2:
        raise Problem("at least 2 dimensions", str(input.shape), kind="rank")
    a, b = axis(dim1, input.shape), axis(dim2, input.shape)
    assert a is not None
    assert b is not None
    if a == b:
        raise Problem("two different dimensions", f"{dim1} and {dim2}", kind="argument")
    h, w = input.dims[a], input.dims[b]
    length: Dim = None
    if isinstance(h, int) and isinstance(w, int):
        length = max(min(h, w - offset) if offset >= 0 else min(h + offset, w), 0)
    elif h == w and offset == 0:
        length = h
    return input.of((*(d for i, d in enumerate(input.dims) if i not in (a, b)), length))


def diag(input: TensorSpec, diagonal: Any = 0) -> TensorSpec:
    """A vector to a square matrix, a matrix to its diagonal."""
    if input.rank is None or not known_int(diagonal):
        return input.of(UNKNOWN_SHAPE)
    if input.rank == 1:
        size = input.dims[0]
        n = size + abs(diagonal) if isinstance(size, int) else size if diagonal == 0 else None
        return input.of((n, n))
    if input.rank == 2:
        from rlt.shapes.rules import transposing

        return transposing.diagonal(input, diagonal)
    raise Problem("1 or 2 dimensions", f"{input.rank} in {input.shape}", kind="rank")


def diag_embed(input: TensorSpec, offset: Any = 0, dim1: Any = -2, dim2: Any = -1) -> TensorSpec:
    """The last dimension becomes the diagonal of a square matrix."""
    if input.rank is None or offset != 0 or (dim1, dim2) != (-2, -1):
        return input.of(UNKNOWN_SHAPE)
    if input.rank == 0:
        raise Problem("at least 1 dimension", "a scalar", kind="rank")
    return input.of((*input.dims, input.dims[-1]))
