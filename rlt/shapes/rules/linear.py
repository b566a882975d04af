"""Layers that mix features: Linear, Bilinear, Embedding, and the layers that change nothing but the values."""

from __future__ import annotations

from typing import Any

from rlt.shapes import dims as D
from rlt.shapes import dtypes
from rlt.shapes.rules.problem import Problem, as_dim
from rlt.shapes.rules.tensor import TensorSpec, axis, need_float, need_same_dtype
from rlt.shapes.shape import Shape


def linear(
    x: TensorSpec,
    *,
    in_features: Any,
    out_features: Any,
    bias: Any = True,
    device: Any = None,
    dtype: Any = None,
) -> TensorSpec:
    """`[..., in_features]` to `[..., out_features]`."""
    need_float(x)
    shape = x.shape.expose_last(1)
    if not shape.dims:
        raise Problem("at least 1 dimension", "a scalar", kind="rank")
    wanted, got = as_dim(in_features), shape.dims[-1]
    if D.differ(got, wanted):
        change: dict[str, Any] = {"in_features": got}
        fix = ""
        if shape.rank is not None and shape.rank > 2:
            flat = D.product(shape.dims[1:])
            if not D.differ(flat, wanted):
                change, fix = {}, "{x}.flatten(1)"
        raise Problem(
            f"{D.show(wanted)} input features",
            D.show(got),
            dimension=-1,
            sizes=(wanted, got),
            change=change,
            fix=fix,
        )
    need_same_dtype(x, dtype)
    return x.of(shape.with_last((as_dim(out_features),), 1))


def bilinear(
    input1: TensorSpec,
    input2: TensorSpec,
    *,
    in1_features: Any,
    in2_features: Any,
    out_features: Any,
    bias: Any = True,
    device: Any = None,
    dtype: Any = None,
) -> TensorSpec:
    """`[..., in1_features]` and `[..., in2_features]` to `[..., out_features]`, their leading sizes equal."""
    for i, (x, features, key) in enumerate(
        ((input1, in1_features, "in1_features"), (input2, in2_features, "in2_features"))
    ):
        need_float(x, argument=i)
        wanted, got = as_dim(features), x.shape.size(-1)
        if D.differ(got, wanted):
            raise Problem(
                f"{D.show(wanted)} features in input {i + 1}",
                D.show(got),
                dimension=-1,
                sizes=(wanted, got),
                change={key: got},
                argument=i,
            )
        need_same_dtype(x, dtype, argument=i)
    if input1.rank is not None and input2.rank is not None:
        for d, (a, b) in enumerate(zip(input1.dims[:-1], input2.dims[:-1])):
            if D.differ(a, b):
                raise Problem(
                    f"inputs of equal leading sizes, {input1.shape}",
                    str(input2.shape),
                    dimension=d,
                    sizes=(a, b),
                    argument=1,
                    involved=(0, 1),
                )
        if input1.rank != input2.rank:
            raise Problem(f"inputs of equal rank, {input1.shape}", str(input2.shape), kind="rank", argument=1)
    return input1.of(input1.shape.with_last((as_dim(out_features),), 1))


def embedding(
    x: TensorSpec,
    *,
    num_embeddings: Any,
    embedding_dim: Any,
    padding_idx: Any = None,
    max_norm: Any = None,
    norm_type: Any = 2.0,
    scale_grad_by_freq: Any = False,
    sparse: Any = False,
    _weight: Any = None,
    _freeze: Any = False,
    device: Any = None,
    dtype: Any = None,
) -> TensorSpec:
    """Indices of any shape to `[..., embedding_dim]`; `Int32` or `Int64` only."""
    need_indices(x)
    shape = Shape((*x.dims, as_dim(embedding_dim)), x.shape.run, x.shape.run_name)
    return x.of(shape, dtype if isinstance(dtype, str) else "float")


def embedding_bag(
    x: TensorSpec,
    offsets: TensorSpec | None = None,
    per_sample_weights: TensorSpec | None = None,
    *,
    num_embeddings: Any,
    embedding_dim: Any,
    max_norm: Any = None,
    norm_type: Any = 2.0,
    scale_grad_by_freq: Any = False,
    mode: Any = "mean",
    sparse: Any = False,
    _weight: Any = None,
    include_last_offset: Any = False,
    padding_idx: Any = None,
    device: Any = None,
    dtype: Any = None,
) -> TensorSpec:
    """`[bags, length]` to `[bags, embedding_dim]`; with `offsets`, the bags of a flat `[length]`."""
    need_indices(x)
    bags: D.Dim = None
    if x.rank == 1 and offsets is None:
        raise Problem("offsets, or (bags, length)", str(x.shape), kind="rank")
    if x.rank is not None and x.rank not in (1, 2):
        raise Problem("(bags, length)", str(x.shape), kind="rank")
    if x.rank == 2:
        bags = x.dims[0]
    elif x.rank == 1 and offsets is not None and include_last_offset is False:
        bags = offsets.shape.size(0)
    return x.of((bags, as_dim(embedding_dim)), dtype if isinstance(dtype, str) else "float")


def need_indices(x: TensorSpec, argument: int | str = 0) -> None:
    """Refuses what cannot be an index: floats, bool, small integers."""
    if dtypes.kind(x.dtype) in ("float", "bool", "complex") or x.dtype in ("uint8", "int8", "int16"):
        raise Problem(
            "integer indices (Int64)", str(x), kind="dtype", fix="{x}.long()" if x.dtype in dtypes.INTS else ""
        )


def unchanged(x: TensorSpec, **options: Any) -> TensorSpec:
    """A layer that keeps shape and dtype, whatever they are."""
    return x


def float_unchanged(x: TensorSpec, **options: Any) -> TensorSpec:
    """An activation: keeps the shape, refuses integers as its kernel does."""
    need_float(x)
    return x


def int_to_float(x: TensorSpec, **options: Any) -> TensorSpec:
    """An activation that turns integers into floats: sigmoid, tanh."""
    return x.of(x.shape, dtypes.floating(x.dtype))


def glu(x: TensorSpec, *, dim: Any = -1) -> TensorSpec:
    """Halves dimension `dim`, which must be even."""
    need_float(x)
    if not isinstance(dim, int):
        return x.of(Shape((), run=0))
    axis(dim, x.shape)
    size = x.shape.size(dim)
    if isinstance(size, int) and size % 2:
        raise Problem("an even size to halve", f"{size} at dimension {dim} of {x.shape}", dimension=dim)
    return x.of(x.shape.replace(dim, D.floordiv(size, 2)))


def prelu(
    x: TensorSpec, *, num_parameters: Any = 1, init: Any = 0.25, device: Any = None, dtype: Any = None
) -> TensorSpec:
    """One slope for all, or one for each channel (dimension 1)."""
    need_float(x)
    wanted = as_dim(num_parameters)
    got = x.shape.size(1) if x.rank is None or x.rank > 1 else 1
    if wanted != 1 and D.differ(got, wanted):
        raise Problem(
            f"{D.show(wanted)} channels", D.show(got), dimension=1, sizes=(wanted, got), change={"num_parameters": got}
        )
    need_same_dtype(x, dtype)
    return x
