"""Indexing and slicing: `x[...]`, narrow, select, index_select, take."""

from __future__ import annotations

from typing import Any

from rlt.shapes import dims as D
from rlt.shapes import dtypes
from rlt.shapes.dims import Dim
from rlt.shapes.rules.broadcasting import broadcast_shapes
from rlt.shapes.rules.problem import UNKNOWN, Problem, as_dim, known_int
from rlt.shapes.rules.tensor import TensorSpec, axis
from rlt.shapes.shape import UNKNOWN_SHAPE, Shape, shape_of


def slice_size(size: Dim, start: Any, stop: Any, step: Any) -> Dim:
    """How many elements `start:stop:step` takes of `size`. A size with names is taken to be large enough."""
    step = 1 if step is None else step
    if not known_int(step) or step < 1 or start is UNKNOWN or stop is UNKNOWN:
        return None
    if size is None and not (start in (None, 0) and stop is None):
        return None
    if isinstance(size, int) and (start is None or known_int(start)) and (stop is None or known_int(stop)):
        return len(range(*slice(start, stop, step).indices(size)))
    first = 0 if start is None else as_dim(start)
    if stop is None or stop == size:
        length = D.mul(first, -1) if _from_the_end(first) else D.sub(size, first)
    elif _from_the_end(stop):
        if _from_the_end(first):
            length = D.sub(as_dim(stop), first)
            length = max(length, 0) if isinstance(length, int) else length
        else:
            length = D.sub(D.add(size, as_dim(stop)), first)
    elif _from_the_end(first):
        length = None
    elif isinstance(size, D.Sym) and known_int(first) and known_int(stop):
        length = D.sub(stop, first)
        length = max(length, 0) if isinstance(length, int) else length
    elif isinstance(size, int) or size is None or isinstance(stop, D.Sym):
        length = D.sub(as_dim(stop), first) if not isinstance(size, int) else None
    else:
        length = None
    return D.ceildiv(length, step) if step != 1 else length


def _from_the_end(bound: Any) -> bool:
    """Whether a slice's bound counts from the end: `-2`, `-2*dilation`. Sizes are positive, so signs tell."""
    if isinstance(bound, D.Sym):
        return all(coefficient < 0 for coefficient in bound.terms.values())
    return known_int(bound) and bound < 0


def getitem(input: TensorSpec, index: Any) -> TensorSpec:
    """`x[index]`. Of the index: int, a `Sym` (an integer whose value is not known), slice, None, `...`, a tensor
    (`TensorSpec`: integers, or a bool mask), a list of ints or bools, True or False; `UNKNOWN` gives an unknown shape.
    """
    items = list(index) if isinstance(index, tuple) else [index]
    if any(i is UNKNOWN for i in items):
        return input.of(UNKNOWN_SHAPE)
    taken = sum(_consumed(i) for i in items)
    if None in [_consumed_or_none(i) for i in items]:
        return input.of(UNKNOWN_SHAPE)
    if input.rank is None:
        if Ellipsis in [i for i in items if not isinstance(i, TensorSpec)] or any(
            isinstance(i, (TensorSpec, list)) for i in items
        ):
            return input.of(UNKNOWN_SHAPE)
        exposed = input.shape.expose_first(taken)
        head = TensorSpec(shape_of(exposed.before[:taken]), input.dtype, input.device)
        front = getitem(head, index)
        rest = exposed.dims[taken:]
        run = (exposed.run or 0) - taken
        return input.of(Shape((*front.dims, *rest), run + len(front.dims), exposed.run_name))
    if taken > input.rank:
        raise Problem(f"at most {input.rank} indices for {input.shape}", str(taken), kind="rank")
    plain = [i for i in items if not isinstance(i, TensorSpec)]
    if Ellipsis not in plain:
        items.append(Ellipsis)
    at = next(k for k, i in enumerate(items) if i is Ellipsis)
    items[at : at + 1] = [slice(None)] * (input.rank - taken)
    return input.of(_apply(input.shape, items))


def _consumed(item: Any) -> int:
    return _consumed_or_none(item) or 0


def _consumed_or_none(item: Any) -> int | None:
    """How many dimensions an index takes away; None where a mask's rank is not known."""
    if item is None or item is Ellipsis or isinstance(item, bool):
        return 0
    if isinstance(item, TensorSpec) and _is_mask(item):
        return item.rank
    if isinstance(item, TensorSpec) and item.rank is None:
        return None
    return 1


def _is_mask(index: TensorSpec) -> bool:
    """Bool, and uint8 as in torch's older code: takes as many dimensions as it has."""
    return index.dtype in ("bool", "uint8")


def _is_zero_dim(index: Any) -> bool:
    """A 0-d integer tensor selects, as a number does."""
    return isinstance(index, TensorSpec) and index.rank == 0 and dtypes.kind(index.dtype) == "int" and not _is_mask(index)


def _apply(shape: Shape, items: list[Any]) -> Shape:
    """Every dimension has its index now. Index tensors stand together at the first one's place, or else in front."""
    out: list[Dim | str] = []
    indices: list[Shape] = []
    places: list[int] = []
    d = 0
    for item in items:
        if item is None:
            out.append(1)
            continue
        if isinstance(item, bool):
            places.append(len(out))
            indices.append(Shape((1 if item else 0,)))
            out.append("index")
            continue
        size = shape.dims[d]
        if known_int(item) or isinstance(item, D.Sym) or _is_zero_dim(item):
            if known_int(item) and isinstance(size, int) and not -size <= item < size:
                raise Problem(f"an index from {-size} to {size - 1} at dimension {d} of {shape}", str(item), dimension=d)
            d += 1
        elif isinstance(item, slice):
            if known_int(item.step) and item.step < 1:
                raise Problem("a step of at least 1", str(item.step), kind="argument", dimension=d)
            out.append(slice_size(size, item.start, item.stop, item.step))
            d += 1
        else:
            index, taken = _index_shape(shape, d, item)
            places.append(len(out))
            indices.append(index)
            out.append("index")
            d += taken
    if not indices:
        return Shape(tuple(o for o in out if not isinstance(o, str)))
    together = broadcast_shapes(*indices)
    if together.rank is None:
        return UNKNOWN_SHAPE
    adjacent = places == list(range(places[0], places[0] + len(places)))
    where = places[0] if adjacent else 0
    rest = [o for o in out if not isinstance(o, str)]
    return Shape((*rest[:where], *together.dims, *rest[where:]))


def _index_shape(shape: Shape, d: int, item: Any) -> tuple[Shape, int]:
    """The shape that one index tensor contributes, and how many dimensions it takes."""
    if isinstance(item, (list, tuple)):
        if item and all(isinstance(v, bool) for v in item):
            if D.differ(shape.dims[d], len(item)):
                raise Problem(f"a mask of {D.show(shape.dims[d])} at dimension {d} of {shape}", str(len(item)), dimension=d)
            return Shape((sum(item),)), 1
        flat = all(known_int(v) for v in item)
        size = shape.dims[d]
        if flat and isinstance(size, int):
            for v in item:
                if not -size <= v < size:
                    wanted = f"indices from {-size} to {size - 1} at dimension {d} of {shape}"
                    raise Problem(wanted, str(v), dimension=d)
        return (Shape((len(item),)) if flat else UNKNOWN_SHAPE), 1
    if not isinstance(item, TensorSpec):
        return UNKNOWN_SHAPE, 1
    kind = dtypes.kind(item.dtype)
    if kind in ("float", "complex"):
        raise Problem("an index of integers or a Bool mask", str(item), kind="dtype", fix="{x}.long()", argument=1)
    if _is_mask(item):
        for k, m in enumerate(item.dims):
            if D.differ(shape.dims[d + k], m):
                raise Problem(
                    f"a mask of {D.show(shape.dims[d + k])} at dimension {d + k} of {shape}",
                    f"{D.show(m)} in {item.shape}",
                    dimension=d + k,
                    sizes=(shape.dims[d + k], m),
                    argument=1,
                )
        return Shape((None,)), len(item.dims)
    return item.shape, 1


def narrow(input: TensorSpec, dim: Any, start: Any, length: Any) -> TensorSpec:
    """`length` elements of one dimension."""
    if not known_int(dim):
        return input.of(UNKNOWN_SHAPE)
    at = axis(dim, input.shape)
    assert at is not None
    size = input.shape.size(at)
    if isinstance(size, int) and known_int(start) and known_int(length):
        begin = start + size if start < 0 else start
        if not (-size <= start <= size) or begin + length > size or length < 0:
            raise Problem(f"{start}+{length} within {size} at dimension {dim}", str(input.shape), dimension=dim)
    return input.of(input.shape.replace(at, as_dim(length)))


def select(input: TensorSpec, dim: Any, index: Any) -> TensorSpec:
    """One element of dimension `dim`, which goes."""
    if not known_int(dim) or input.rank is None:
        return input.of(UNKNOWN_SHAPE)
    if input.rank == 0:
        raise Problem("at least 1 dimension", "a scalar", kind="rank")
    at = axis(dim, input.shape)
    assert at is not None
    size = input.dims[at]
    if known_int(index) and isinstance(size, int) and not -size <= index < size:
        raise Problem(f"an index from {-size} to {size - 1} at dimension {dim} of {input.shape}", str(index), dimension=dim)
    return input.of(input.dims[:at] + input.dims[at + 1 :])


def index_select(input: TensorSpec, dim: Any, index: TensorSpec) -> TensorSpec:
    """Dimension `dim` takes the length of a vector of indices."""
    if not known_int(dim):
        return input.of(UNKNOWN_SHAPE)
    if dtypes.kind(index.dtype) in ("float", "bool", "complex") or index.dtype in ("uint8", "int8", "int16"):
        raise Problem("Int64 or Int32 indices", str(index), kind="dtype", fix="{x}.long()", argument=2)
    if index.rank is not None and index.rank > 1:
        raise Problem("a vector of indices", str(index.shape), kind="rank", argument=2)
    at = axis(dim, input.shape)
    assert at is not None
    if input.rank == 0:
        return input
    return input.of(input.shape.replace(at, 1 if index.rank == 0 else index.shape.size(0)))


def take(input: TensorSpec, index: TensorSpec) -> TensorSpec:
    """The index's shape."""
    return input.of(index.shape)


def masked_select(input: TensorSpec, mask: TensorSpec) -> TensorSpec:
    """A vector of unknown length; the mask is bool and broadcasts."""
    if dtypes.kind(mask.dtype) in ("int", "float", "complex"):
        raise Problem("a Bool mask", str(mask), kind="dtype", fix="{x}.bool()", argument=1)
    broadcast_shapes(input.shape, mask.shape)
    return input.of((None,))
