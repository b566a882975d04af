"""gather, scatter, one_hot, index_add: indices that have the shape of the result."""

from __future__ import annotations

from typing import Any

from rlt.shapes import dims as D
from rlt.shapes import dtypes
from rlt.shapes.rules.broadcasting import broadcast_shapes
from rlt.shapes.rules.problem import Problem, as_dim, known_int
from rlt.shapes.rules.tensor import TensorSpec, axis, same_device
from rlt.shapes.shape import UNKNOWN_SHAPE, Shape


def _need_index(index: TensorSpec) -> None:
    if dtypes.kind(index.dtype) in ("float", "bool", "complex") or index.dtype in ("uint8", "int8", "int16"):
        fix = "" if dtypes.kind(index.dtype) == "bool" else "{x}.long()"
        raise Problem("an Int64 index", str(index), kind="dtype", fix=fix, argument=2)


def _need_rank(input: TensorSpec, index: TensorSpec, argument: int) -> None:
    if input.rank is None or index.rank is None or max(input.rank, 1) == max(index.rank, 1):
        return
    fix = ""
    if index.rank == input.rank - 1 and not any(D.differ(a, b) for a, b in zip(input.dims, index.dims)):
        fix = "{x}.unsqueeze(-1)"
    raise Problem(
        f"an index of {input.rank} dimensions as {input.shape}",
        f"{index.rank} dimensions {index.shape}",
        kind="rank",
        fix=fix,
        argument=argument,
        involved=(0, argument),
    )


def gather(input: TensorSpec, dim: Any, index: TensorSpec, sparse_grad: Any = False) -> TensorSpec:
    """The index's shape; but in dimension `dim`, no size of it may exceed the input's."""
    _need_index(index)
    same_device(input, index)
    _need_rank(input, index, 2)
    if known_int(dim):
        at = axis(dim, input.shape)
        if input.rank is not None and index.rank is not None:
            for d, (have, asked) in enumerate(zip(input.dims, index.dims)):
                _need_within(have, asked, d, at, input, index)
    return input.of(index.shape)


def _need_within(have: D.Dim, asked: D.Dim, d: int, at: int | None, input: TensorSpec, index: TensorSpec) -> None:
    if d == at or have == asked or have is None or asked is None:
        return
    larger = isinstance(have, int) and isinstance(asked, int) and asked > have
    unlike = (isinstance(have, D.Sym) or isinstance(asked, D.Sym)) and asked != 1 and D.differ(have, asked)
    if larger or unlike:
        raise Problem(
            f"an index of at most {D.show(have)} at dimension {d} (input {input.shape})",
            f"{D.show(asked)} in {index.shape}",
            dimension=d,
            sizes=(have, asked),
            argument=2,
            involved=(0, 2),
        )


def take_along_dim(input: TensorSpec, indices: TensorSpec, dim: Any = None) -> TensorSpec:
    """As `gather`, with input and index broadcast against each other but in `dim`."""
    _need_index(indices)
    if indices.dtype == "int32":
        raise Problem("an Int64 index", str(indices), kind="dtype", fix="{x}.long()", argument=1)
    if dim is None:
        return input.of((indices.shape.numel(),))
    if not known_int(dim) or input.rank is None or indices.rank is None:
        return input.of(UNKNOWN_SHAPE)
    _need_rank(input, indices, 1)
    at = axis(dim, input.shape)
    assert at is not None
    a, b = (Shape((*s.dims[:at], 1, *s.dims[at + 1 :])) for s in (input.shape, indices.shape))
    return input.of(broadcast_shapes(a, b).replace(at, indices.dims[at]))


def scatter(
    input: TensorSpec, dim: Any, index: TensorSpec, src: Any = None, value: Any = None, reduce: Any = None
) -> TensorSpec:
    """The input's shape; the index fits into the input (but in `dim`) and into `src`."""
    _need_index(index)
    _need_rank(input, index, 2)
    at = axis(dim, input.shape) if known_int(dim) else None
    if input.rank is not None and index.rank is not None and at is not None:
        for d, (have, asked) in enumerate(zip(input.dims, index.dims)):
            _need_within(have, asked, d, at, input, index)
    if isinstance(src, TensorSpec):
        same_device(input, index, src)
        if (
            src.dtype in dtypes.FLOATS + dtypes.INTS
            and input.dtype in dtypes.FLOATS + dtypes.INTS
            and src.dtype != input.dtype
        ):
            raise Problem(
                f"src of dtype {input.dtype}, as the input", str(src), kind="dtype", argument=3, involved=(0, 3)
            )
        if src.rank is not None and index.rank is not None:
            if max(src.rank, 1) != max(index.rank, 1):
                raise Problem(
                    f"src of {index.rank} dimensions as the index {index.shape}",
                    str(src.shape),
                    kind="rank",
                    argument=3,
                )
            for d, (have, asked) in enumerate(zip(src.dims, index.dims)):
                if isinstance(have, int) and isinstance(asked, int) and asked > have:
                    raise Problem(
                        f"src of at least {asked} at dimension {d} (index {index.shape})",
                        f"{have} in {src.shape}",
                        dimension=d,
                        sizes=(asked, have),
                        argument=3,
                        involved=(2, 3),
                    )
    return input


def index_put(input: TensorSpec, dim: Any, index: TensorSpec, source: Any = None, **options: Any) -> TensorSpec:
    """`index_add`, `index_copy`, `index_fill`: the source has the input's shape, with the index's length in `dim`."""
    if index.rank is not None and index.rank > 1:
        raise Problem("a vector of indices", str(index.shape), kind="rank", argument=2)
    if (
        isinstance(source, TensorSpec)
        and source.rank is not None
        and input.rank is not None
        and known_int(dim)
        and index.rank == 1
    ):
        at = axis(dim, input.shape)
        assert at is not None
        if input.rank > 0 and source.rank == input.rank:
            wanted = input.shape.replace(at, index.dims[0])
            for d, (a, b) in enumerate(zip(wanted.dims, source.dims)):
                if D.differ(a, b):
                    raise Problem(
                        f"a source of shape {wanted}", str(source.shape), dimension=d, sizes=(a, b), argument=3
                    )
        elif input.rank > 0:
            raise Problem(f"a source of {input.rank} dimensions", str(source.shape), kind="rank", argument=3)
    return input


def one_hot(input: TensorSpec, num_classes: Any = -1) -> TensorSpec:
    """Indices of any shape, with `num_classes` last; Int64 in and out."""
    if dtypes.kind(input.dtype) in ("float", "bool", "complex") or input.dtype in ("uint8", "int8", "int16", "int32"):
        raise Problem("Int64 class numbers", str(input), kind="dtype", fix="{x}.long()")
    classes = None if num_classes == -1 else as_dim(num_classes)
    return input.of(Shape((*input.dims, classes), input.shape.run, input.shape.run_name), "int64")
