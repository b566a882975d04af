"""cat, stack, split, chunk, unbind and their like."""

from __future__ import annotations

from typing import Any

from rlt.shapes import dims as D
from rlt.shapes import dtypes
from rlt.shapes.dims import Dim
from rlt.shapes.rules.problem import Problem, as_dim, is_unknown, known_int
from rlt.shapes.rules.tensor import TensorSpec, axis, is_scalar, same_device
from rlt.shapes.shape import UNKNOWN_SHAPE, Shape


def _tensors(tensors: Any) -> list[TensorSpec] | None:
    if isinstance(tensors, (tuple, list)) and tensors and all(isinstance(t, TensorSpec) for t in tensors):
        return list(tensors)
    return None


def _joined_dtype(ts: list[TensorSpec]) -> dtypes.Dtype:
    out = ts[0].dtype
    scalar = is_scalar(ts[0])
    for t in ts[1:]:
        out = dtypes.result(out, t.dtype, scalar, is_scalar(t))
        scalar = scalar and is_scalar(t)
    return out


def cat(tensors: Any, dim: Any = 0) -> TensorSpec:
    """Sizes add along `dim`, all others are equal. An empty 1-d tensor is skipped, as torch does."""
    ts = _tensors(tensors)
    if ts is None:
        return TensorSpec()
    device = same_device(*ts)
    whole = TensorSpec(UNKNOWN_SHAPE, _joined_dtype(ts), device)
    if not known_int(dim):
        return whole
    kept = [(i, t) for i, t in enumerate(ts) if not (t.rank == 1 and t.dims[0] == 0)] or [(0, ts[0])]
    for i, t in kept:
        if is_scalar(t):
            raise Problem("tensors of at least 1 dimension", "a scalar", kind="rank", argument=i)
    first_at, first = kept[0]
    if any(t.rank is None for _, t in kept):
        return _cat_unknown(whole, [t for _, t in kept], dim)
    at = axis(dim, first.shape)
    assert at is not None
    assert first.rank is not None
    sizes: list[Dim] = list(first.dims)
    for i, t in kept[1:]:
        if t.rank != first.rank:
            raise Problem(
                f"tensors of equal rank, {first.rank} as {first.shape}",
                f"{t.rank} in {t.shape}",
                kind="rank",
                argument=i,
                involved=(first_at, i),
            )
        for d in range(first.rank):
            if d == at:
                sizes[d] = D.add(sizes[d], t.dims[d])
            elif D.differ(sizes[d], t.dims[d]):
                raise Problem(
                    f"equal sizes but in dimension {dim}, {D.show(sizes[d])} at dimension {d} as in {first.shape}",
                    f"{D.show(t.dims[d])} in {t.shape}",
                    dimension=d,
                    sizes=(sizes[d], t.dims[d]),
                    argument=i,
                    involved=(first_at, i),
                )
            elif sizes[d] is None:
                sizes[d] = t.dims[d]
    return whole.of(sizes)


def _cat_unknown(whole: TensorSpec, ts: list[TensorSpec], dim: int) -> TensorSpec:
    """Some rank is not known: what is named from the end that `dim` counts from."""
    if dim != -1:
        return whole
    summed = D.total([t.shape.size(-1) for t in ts])
    return whole.of(Shape((summed,), run=0))


def stack(tensors: Any, dim: Any = 0) -> TensorSpec:
    """Tensors of one shape, along a new dimension."""
    ts = _tensors(tensors)
    if ts is None:
        return TensorSpec()
    device = same_device(*ts)
    first = ts[0]
    whole = TensorSpec(UNKNOWN_SHAPE, _joined_dtype(ts), device)
    for i, t in enumerate(ts[1:], 1):
        if first.rank is None or t.rank is None:
            return whole
        for d, (a, b) in enumerate(zip(first.dims, t.dims)):
            if D.differ(a, b):
                raise Problem(
                    f"tensors of one shape, {first.shape}",
                    str(t.shape),
                    dimension=d,
                    sizes=(a, b),
                    argument=i,
                    involved=(0, i),
                )
        if t.rank != first.rank:
            raise Problem(f"tensors of one shape, {first.shape}", str(t.shape), kind="rank", argument=i, involved=(0, i))
    if first.rank is None or not known_int(dim):
        return whole
    at = axis(dim, first.shape, extra=1)
    assert at is not None
    dims = tuple(next((t.dims[d] for t in ts if t.dims[d] is not None), None) for d in range(first.rank))
    return whole.of((*dims[:at], len(ts), *dims[at:]))


def _at_least(x: TensorSpec, n: int) -> TensorSpec:
    """`atleast_1d` and `atleast_2d`."""
    if x.rank is None or x.rank >= n:
        return x
    return x.of((1,) * (n - x.rank) + x.dims)


def hstack(tensors: Any) -> TensorSpec:
    """Along dimension 1; along 0 where they are vectors."""
    ts = _tensors(tensors)
    if ts is None:
        return TensorSpec()
    ts = [_at_least(t, 1) for t in ts]
    return cat(ts, 0 if ts[0].rank == 1 else 1)


def vstack(tensors: Any) -> TensorSpec:
    """Along dimension 0, vectors as rows."""
    ts = _tensors(tensors)
    return TensorSpec() if ts is None else cat([_at_least(t, 2) for t in ts], 0)


def split(tensor: TensorSpec, split_size_or_sections: Any, dim: Any = 0) -> Any:
    """A tuple of parts; None where their number is not known. The sections must add up."""
    if not known_int(dim):
        return None
    at = axis(dim, tensor.shape)
    assert at is not None
    size = tensor.shape.size(at)
    if isinstance(split_size_or_sections, (tuple, list)):
        parts = [as_dim(s) for s in split_size_or_sections]
        whole = D.total(parts)
        if D.differ(whole, size):
            raise Problem(
                f"sections that add up to {D.show(size)} (dimension {dim} of {tensor.shape})",
                f"{'+'.join(D.show(p) for p in parts)}={D.show(whole)}",
                dimension=dim,
                sizes=(size, whole),
            )
        return tuple(tensor.of(tensor.shape.replace(at, p)) for p in parts)
    step = as_dim(split_size_or_sections)
    if isinstance(step, int) and isinstance(size, int) and step > 0:
        counts = [step] * (size // step) + ([size % step] if size % step else [])
        return tuple(tensor.of(tensor.shape.replace(at, c)) for c in counts or [0])
    count = D.exact_quotient(size, step)
    if isinstance(count, int) and count > 0:
        return tuple(tensor.of(tensor.shape.replace(at, step)) for _ in range(count))
    return None


def chunk(input: TensorSpec, chunks: Any, dim: Any = 0) -> Any:
    """`chunks` parts of equal size, the last one maybe smaller (and maybe fewer of them)."""
    if not known_int(dim) or not known_int(chunks):
        return None
    at = axis(dim, input.shape)
    assert at is not None
    if chunks <= 0:
        raise Problem("at least 1 chunk", str(chunks), kind="argument")
    size = input.shape.size(at)
    if isinstance(size, int):
        step = -(-size // chunks)
        if step == 0:
            return tuple(input for _ in range(chunks))
        return split(input, step, dim)
    if size is None:
        return None
    part = D.ceildiv(size, chunks)
    return tuple(input.of(input.shape.replace(at, part)) for _ in range(chunks))


def unbind(input: TensorSpec, dim: Any = 0) -> Any:
    """A tuple of what stands along `dim`; None where its size is not known."""
    if not known_int(dim) or input.rank is None:
        return None
    if input.rank == 0:
        raise Problem("at least 1 dimension", "a scalar", kind="rank")
    at = axis(dim, input.shape)
    assert at is not None
    size = input.dims[at]
    part = input.of(input.dims[:at] + input.dims[at + 1 :])
    return tuple(part for _ in range(size)) if isinstance(size, int) and size <= 1024 else None


def broadcast_tensors(*tensors: Any) -> Any:
    """All in the shape that they stretch to."""
    from rlt.shapes.rules.broadcasting import broadcast_shapes

    ts = _tensors(tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors)
    if ts is None:
        return None
    shape = broadcast_shapes(*(t.shape for t in ts))
    return tuple(t.of(shape) for t in ts)


def meshgrid(*tensors: Any, indexing: Any = "ij") -> Any:
    """Vectors of sizes m, n, … to as many tensors `[m, n, …]` (`xy`: the first two exchanged)."""
    ts = _tensors(tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors)
    if ts is None or is_unknown(indexing):
        return None
    sizes: list[Dim] = []
    for i, t in enumerate(ts):
        if t.rank is not None and t.rank > 1:
            raise Problem("vectors", str(t.shape), kind="rank", argument=i)
        sizes.append(1 if t.rank == 0 else t.shape.size(0))
    if indexing == "xy" and len(sizes) > 1:
        sizes[0], sizes[1] = sizes[1], sizes[0]
    return tuple(t.of(sizes) for t in ts)
