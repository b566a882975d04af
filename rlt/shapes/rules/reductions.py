"""Reductions: sum, mean, max, std, norm, any, argmax, and what goes along a dimension."""

from __future__ import annotations

from typing import Any

from rlt.shapes import dims as D
from rlt.shapes import dtypes
from rlt.shapes.rules.problem import Problem, is_unknown, known_int
from rlt.shapes.rules.tensor import TensorSpec, axis, need_float, need_numbers, same_device
from rlt.shapes.shape import UNKNOWN_SHAPE, Shape


def reduced_shape(shape: Shape, dim: Any, keepdim: Any) -> Shape:
    """`shape` without the dimensions `dim` (all of them for None or ()), or with 1 in their place."""
    if is_unknown(dim, keepdim):
        return UNKNOWN_SHAPE
    if dim is None or dim == () or dim == []:
        if keepdim:
            return Shape((1,) * shape.rank) if shape.rank is not None else UNKNOWN_SHAPE
        return Shape(())
    given = list(dim) if isinstance(dim, (tuple, list)) else [dim]
    if not all(known_int(d) for d in given):
        return UNKNOWN_SHAPE
    if shape.rank is None:
        if keepdim:
            for d in given:
                shape = shape.replace(d, 1)
            return shape
        return _without(shape, given)
    at = [axis(d, shape) for d in given]
    if len(set(at)) < len(at):
        raise Problem("each dimension once", str(tuple(given)), kind="argument")
    if shape.rank == 0:
        return shape
    if keepdim:
        return Shape(tuple(1 if i in at else d for i, d in enumerate(shape.dims)))
    return Shape(tuple(d for i, d in enumerate(shape.dims) if i not in at))


def _without(shape: Shape, given: list[int]) -> Shape:
    """A shape of unknown rank without dimensions named from one end."""
    if len(given) != 1:
        return UNKNOWN_SHAPE
    d = given[0]
    if d < 0:
        exposed = shape.expose_last(-d)
        at = len(exposed.dims) + d
        return Shape(exposed.dims[:at] + exposed.dims[at + 1 :], exposed.run, exposed.run_name)
    exposed = shape.expose_first(d + 1)
    return Shape(exposed.dims[:d] + exposed.dims[d + 1 :], (exposed.run or 0) - 1, exposed.run_name)


def _dtype(given: Any, otherwise: dtypes.Dtype) -> dtypes.Dtype:
    return otherwise if given is None else given if isinstance(given, str) else None


def total(input: TensorSpec, dim: Any = None, keepdim: Any = False, dtype: Any = None) -> TensorSpec:
    """`sum`, `nansum`: integers are summed as int64."""
    return input.of(reduced_shape(input.shape, dim, keepdim), _dtype(dtype, dtypes.accumulated(input.dtype)))


def product(input: TensorSpec, dim: Any = None, keepdim: Any = False, dtype: Any = None) -> TensorSpec:
    """`prod`."""
    return total(input, dim, keepdim, dtype)


def mean(input: TensorSpec, dim: Any = None, keepdim: Any = False, dtype: Any = None) -> TensorSpec:
    """`mean`, `nanmean`: refuses integers, as torch does."""
    if dtype is None:
        need_float(input)
    return input.of(reduced_shape(input.shape, dim, keepdim), _dtype(dtype, input.dtype))


def spread(input: TensorSpec, dim: Any = None, unbiased: Any = True, keepdim: Any = False, correction: Any = 1) -> TensorSpec:
    """`std`, `var`."""
    need_float(input)
    if isinstance(dim, bool):  # std(unbiased)
        dim = None
    return input.of(reduced_shape(input.shape, dim, keepdim))


def spread_and_mean(
    input: TensorSpec, dim: Any = None, unbiased: Any = True, keepdim: Any = False, correction: Any = 1
) -> tuple[TensorSpec, TensorSpec]:
    """`std_mean`, `var_mean`."""
    out = spread(input, dim, unbiased, keepdim)
    return out, out


def logsumexp(input: TensorSpec, dim: Any, keepdim: Any = False) -> TensorSpec:
    """Integers become floats."""
    return input.of(reduced_shape(input.shape, dim, keepdim), dtypes.floating(input.dtype))


def extreme(input: TensorSpec, dim: Any = (), keepdim: Any = False) -> TensorSpec:
    """`amax`, `amin`: values alone."""
    return input.of(reduced_shape(input.shape, dim, keepdim))


def max_or_min(input: TensorSpec, dim: Any = None, keepdim: Any = False, other: Any = None) -> Any:
    """`max`, `min`: one value; (values, indices) along `dim`; or elementwise against another tensor."""
    from rlt.shapes.rules.broadcasting import elementwise

    other = other if other is not None else dim if isinstance(dim, TensorSpec) else None
    if isinstance(other, TensorSpec):
        return elementwise(input, other)
    if dim is None:
        return input.of(())
    return values_and_indices(input, dim, keepdim)


def values_and_indices(input: TensorSpec, dim: Any = -1, keepdim: Any = False) -> tuple[TensorSpec, TensorSpec]:
    """`median`, `mode` along a dimension."""
    shape = reduced_shape(input.shape, dim, keepdim)
    return input.of(shape), input.of(shape, "int64")


def median(input: TensorSpec, dim: Any = None, keepdim: Any = False) -> Any:
    need_numbers(input)
    return input.of(()) if dim is None else values_and_indices(input, dim, keepdim)


def kthvalue(input: TensorSpec, k: Any, dim: Any = -1, keepdim: Any = False) -> tuple[TensorSpec, TensorSpec]:
    need_numbers(input)
    return values_and_indices(input, dim, keepdim)


def arg_extreme(input: TensorSpec, dim: Any = None, keepdim: Any = False) -> TensorSpec:
    """`argmax`, `argmin`."""
    need_numbers(input)
    return input.of(reduced_shape(input.shape, dim, keepdim), "int64")


def any_or_all(input: TensorSpec, dim: Any = None, keepdim: Any = False) -> TensorSpec:
    return input.of(reduced_shape(input.shape, dim, keepdim), "uint8" if input.dtype == "uint8" else "bool")


def count_nonzero(input: TensorSpec, dim: Any = None) -> TensorSpec:
    return input.of(reduced_shape(input.shape, dim, False), "int64")


def norm(input: TensorSpec, p: Any = "fro", dim: Any = None, keepdim: Any = False, dtype: Any = None) -> TensorSpec:
    """`norm`: floats only."""
    need_float(input)
    return input.of(reduced_shape(input.shape, dim, keepdim), _dtype(dtype, input.dtype))


def vector_norm(input: TensorSpec, ord: Any = 2, dim: Any = None, keepdim: Any = False, dtype: Any = None) -> TensorSpec:
    """`torch.linalg.vector_norm`, `torch.linalg.norm`."""
    return norm(input, ord, dim, keepdim, dtype)


def quantile(input: TensorSpec, q: Any, dim: Any = None, keepdim: Any = False, interpolation: Any = "linear") -> TensorSpec:
    """Along `dim`; a 1-d `q` of k values puts k first."""
    need_float(input)
    shape = reduced_shape(input.shape, dim, keepdim)
    if isinstance(q, TensorSpec) and q.rank == 1 and shape.rank is not None:
        return input.of((q.dims[0], *shape.dims))
    return input.of(shape)


def cosine_similarity(x1: TensorSpec, x2: TensorSpec, dim: Any = 1, eps: Any = 1e-8) -> TensorSpec:
    """Broadcasts, then drops `dim`."""
    from rlt.shapes.rules.broadcasting import elementwise

    need_float(x1)
    both = elementwise(x1, x2)
    return both.of(reduced_shape(both.shape, dim, False))


def pairwise_distance(x1: TensorSpec, x2: TensorSpec, p: Any = 2.0, eps: Any = 1e-6, keepdim: Any = False) -> TensorSpec:
    """Broadcasts, then drops the last dimension."""
    from rlt.shapes.rules.broadcasting import elementwise

    both = elementwise(x1, x2)
    return both.of(reduced_shape(both.shape, -1, keepdim))


def cross_entropy(
    input: TensorSpec,
    target: TensorSpec,
    weight: Any = None,
    size_average: Any = None,
    ignore_index: Any = -100,
    reduce: Any = None,
    reduction: Any = "mean",
    label_smoothing: Any = 0.0,
) -> TensorSpec:
    """`[batch, classes, ...]` against Int64 `[batch, ...]`, or against probabilities of the input's shape."""
    need_float(input)
    same_device(input, target)
    if input.rank is None or target.rank is None:
        return input.of(() if reduction in ("mean", "sum") else UNKNOWN_SHAPE)
    if input.rank == 0:
        raise Problem("(batch, classes)", "a scalar", kind="rank")
    by_class = dtypes.kind(target.dtype) in ("int", "bool") or (target.dtype is None and target.rank == input.rank - 1)
    channel = 1 if input.rank > 1 else 0
    wanted = tuple(d for i, d in enumerate(input.dims) if i != channel)
    if by_class:
        if input.rank > 2 and input.dims[-1] is None and None not in target.dims and target.dims == input.dims[:-1]:
            raise Problem(  # the classes stand last: they would have to be as many as the target's last size says
                f"classes in dimension 1 of the input, for a target {target.shape}", f"{input.shape}",
                fix="{x}.transpose(1, -1)", involved=(0, 1),
            )
        if _unlike(target.dims, wanted) and not (input.rank == 1 and target.dims == (1,)):
            squeezable = target.rank == len(wanted) + 1 and target.dims[-1] == 1
            raise Problem(
                f"a target of class numbers {Shape(wanted)} for input {input.shape}",
                str(target.shape),
                fix="{x}.squeeze(-1)" if squeezable else "",
                argument=1,
                involved=(0, 1),
            )
        if target.dtype in ("bool", "int8", "int16", "int32") or (target.dtype == "uint8" and input.rank > 2):
            raise Problem("an Int64 target", str(target), kind="dtype", fix="{x}.long()", argument=1)
    elif dtypes.kind(target.dtype) == "float" and _unlike(target.dims, input.dims):
        like_classes = not _unlike(target.dims, wanted)
        raise Problem(
            "an Int64 target of class numbers" if like_classes else f"a target of the input's shape {input.shape}",
            str(target),
            kind="dtype" if like_classes else "shape",
            fix="{x}.long()" if like_classes else "",
            argument=1,
            involved=(0, 1),
        )
    return input.of(wanted) if reduction == "none" else input.of(() if reduction in ("mean", "sum") else UNKNOWN_SHAPE)


def _unlike(a: tuple[D.Dim, ...], b: tuple[D.Dim, ...]) -> bool:
    """Whether two shapes of known rank are known to be different."""
    return len(a) != len(b) or any(D.differ(x, y) for x, y in zip(a, b))
