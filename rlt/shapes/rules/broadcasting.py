"""Elementwise operators: the broadcast of shapes, the promotion of dtypes, one device."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rlt.shapes import dims as D
from rlt.shapes import dtypes
from rlt.shapes.dims import Dim
from rlt.shapes.rules.problem import Problem, as_dim, is_unknown
from rlt.shapes.rules.tensor import TensorSpec, is_scalar, need_float, need_numbers, same_device
from rlt.shapes.shape import UNKNOWN_SHAPE, Shape


def broadcast_size(a: Dim, b: Dim) -> Dim:
    """One size of the result: 1 stretches; a known size other than 1 wins over an unknown one."""
    if a == 1:
        return b
    if b == 1 or b is None:
        return a
    if a is None or isinstance(a, D.Sym):
        return b if isinstance(b, int) or a is None else a
    return a


def broadcast_shapes(*shapes: Shape) -> Shape:
    """The shape that all stretch to, aligned at the right. Problem where two sizes differ and neither is 1."""
    if not shapes:
        return Shape(())
    out = shapes[0]
    for i, shape in enumerate(shapes[1:], 1):
        out = _broadcast_two(out, shape, i)
    return out


def _broadcast_two(a: Shape, b: Shape, position: int) -> Shape:
    if a.rank is not None and b.rank is not None:
        n = max(a.rank, b.rank)
    else:
        if a == b and (a.run_name or not a.after):
            return a  # the same named run of sizes on both sides
        n = max(len(s.after) if s.rank is None else s.rank for s in (a, b))
    sizes: list[Dim] = []
    for i in range(-1, -n - 1, -1):
        x = 1 if a.rank is not None and -i > a.rank else a.size(i)
        y = 1 if b.rank is not None and -i > b.rank else b.size(i)
        if x != 1 and y != 1 and D.differ(x, y):
            raise Problem(
                f"sizes that broadcast with {a}",
                f"{b}: {D.show(x)} against {D.show(y)} at dimension {i}",
                dimension=i,
                sizes=(x, y),
                argument=position,
                involved=(position - 1, position),
            )
        sizes.insert(0, broadcast_size(x, y))
    if a.rank is not None and b.rank is not None:
        return Shape(tuple(sizes))
    for s, o in ((a, b), (b, a)):  # a named run with nothing but sizes of known rank below it beside
        if s.rank is None and s.run_name and o.rank is not None and o.rank <= len(s.after):
            return Shape(s.before + tuple(sizes), run=len(s.before), run_name=s.run_name)
    return Shape(tuple(sizes), run=0)


def elementwise(*operands: Any, dtype: Callable[[dtypes.Dtype], dtypes.Dtype] | None = None) -> TensorSpec:
    """The result of an operator on tensors and Python numbers. `dtype` turns the promoted dtype into the result's."""
    tensors = [x for x in operands if isinstance(x, TensorSpec)]
    positions = [i for i, x in enumerate(operands) if isinstance(x, TensorSpec)]
    device = same_device(*tensors)
    try:
        shape = broadcast_shapes(*(t.shape for t in tensors))
    except Problem as problem:
        problem.involved = tuple(positions[int(p)] for p in problem.involved)
        problem.argument = positions[int(problem.argument)]
        raise
    promoted, scalar = _operand_dtype(operands[0])
    for x in operands[1:]:
        other, other_scalar = _operand_dtype(x)
        promoted = dtypes.result(promoted, other, scalar, other_scalar)
        scalar = scalar and other_scalar
    return TensorSpec(shape, dtype(promoted) if dtype else promoted, device)


def _operand_dtype(x: Any) -> tuple[dtypes.Dtype, bool]:
    """The dtype of an operand, and whether it counts only by its kind (a number, a 0-d tensor)."""
    if isinstance(x, TensorSpec):
        return x.dtype, is_scalar(x)
    if isinstance(x, bool):
        return "bool", True
    if isinstance(x, (int, D.Sym)):
        return "int", True
    return ("float", True) if isinstance(x, float) else ("complex", True) if isinstance(x, complex) else (None, True)


def arithmetic(input: Any, other: Any, alpha: Any = 1) -> TensorSpec:
    """`+ - *`, `maximum`, `remainder`: promoted dtype."""
    return elementwise(input, other)


def subtraction(input: Any, other: Any, alpha: Any = 1) -> TensorSpec:
    """`-`: refuses bool, as torch does (`1 - done`)."""
    for i, x in enumerate((input, other)):
        if isinstance(x, TensorSpec) and dtypes.kind(x.dtype) == "bool":
            raise Problem("numbers (torch refuses - on Bool)", str(x), kind="dtype", fix="{x}.float()", argument=i)
    return elementwise(input, other)


def negation(input: TensorSpec) -> TensorSpec:
    """`-x`: refuses bool."""
    if dtypes.kind(input.dtype) == "bool":
        raise Problem("numbers (torch refuses - on Bool)", str(input), kind="dtype", fix="~{x}")
    return input


def floats_pair(input: TensorSpec, other: TensorSpec) -> TensorSpec:
    """`hypot`: floats only."""
    out = elementwise(input, other)
    need_float(out)
    return out


def remainder(input: Any, other: Any) -> TensorSpec:
    """`%`: refuses bool by bool."""
    out = elementwise(input, other)
    need_numbers(out)
    return out


def power(input: Any, exponent: Any) -> TensorSpec:
    """`**`: refuses bool by bool; a Python number beside a tensor is taken."""
    if isinstance(input, TensorSpec) and isinstance(exponent, TensorSpec):
        return remainder(input, exponent)
    return elementwise(input, exponent)


def division(input: Any, other: Any, rounding_mode: Any = None) -> TensorSpec:
    """`/`: integers become floats, unless rounded."""
    return elementwise(input, other, dtype=dtypes.floating if rounding_mode is None else None)


def reverse_division(input: TensorSpec, other: Any) -> TensorSpec:
    """`other / input` as torch computes it: the reciprocal, a float, times `other`."""
    return elementwise(input.of(input.shape, dtypes.floating(input.dtype)), other)


def floor_division(input: Any, other: Any) -> TensorSpec:
    """`//`: refuses bool by bool."""
    return remainder(input, other)


def comparison(input: Any, other: Any) -> TensorSpec:
    """`== < &`: broadcast, and bool."""
    return elementwise(input, other, dtype=lambda _: "bool")


def float_pair(input: Any, other: Any) -> TensorSpec:
    """`atan2`, `hypot`: integers become floats."""
    return elementwise(input, other, dtype=dtypes.floating)


def bitwise(input: Any, other: Any) -> TensorSpec:
    """`& | ^`: integers and bool only."""
    for i, x in enumerate((input, other)):
        if isinstance(x, TensorSpec) and dtypes.kind(x.dtype) in ("float", "complex"):
            raise Problem("Bool or Int", str(x), kind="dtype", argument=i)
    return elementwise(input, other)


def lerp(input: TensorSpec, end: TensorSpec, weight: Any) -> TensorSpec:
    return elementwise(input, end, *((weight,) if isinstance(weight, TensorSpec) else ()))


def addcmul(input: TensorSpec, tensor1: TensorSpec, tensor2: TensorSpec, value: Any = 1) -> TensorSpec:
    """`addcmul`, `addcdiv`: three tensors broadcast together."""
    return elementwise(input, tensor1, tensor2)


def where(condition: TensorSpec, input: Any = None, other: Any = None) -> Any:
    """All three broadcast together; the condition is bool. None where the condition is alone: values decide."""
    if input is None and other is None:
        return None
    if dtypes.kind(condition.dtype) in ("int", "float", "complex") and condition.dtype != "uint8":
        raise Problem("a Bool condition", str(condition), kind="dtype", fix="{x}.bool()")
    out = elementwise(condition, input, other)
    pair = elementwise(*(x for x in (input, other))) if any(isinstance(x, TensorSpec) for x in (input, other)) else None
    return TensorSpec(out.shape, pair.dtype if pair is not None else None, out.device)


def clamp(input: TensorSpec, min: Any = None, max: Any = None) -> TensorSpec:
    """Bounds broadcast with the input where they are tensors."""
    bounds = [b for b in (min, max) if b is not None]
    return elementwise(input, *bounds) if bounds else input


def masked_fill(input: TensorSpec, mask: TensorSpec, value: Any) -> TensorSpec:
    """The mask is bool and broadcasts with the input."""
    if dtypes.kind(mask.dtype) in ("int", "float", "complex"):
        raise Problem("a Bool mask", str(mask), kind="dtype", fix="{x}.bool()", argument=1)
    shape = elementwise(input, mask).shape
    return input.of(shape)


def loss(input: TensorSpec, target: TensorSpec, reduction: str = "mean", broadcasts: bool = False) -> TensorSpec:
    """An elementwise loss. Input and target must have one shape: a silent broadcast is refused."""
    same_device(input, target)
    a, b = input.shape, target.shape
    known = not broadcasts and a.rank is not None and b.rank is not None
    if known and (a.rank != b.rank or any(D.differ(x, y) for x, y in zip(a.dims, b.dims))):
        raise Problem(f"a target of the input's shape {a}", str(b), sizes=_first_difference(a, b), argument=1, involved=(0, 1))
    if reduction == "none":
        return input
    return input.of(() if reduction in ("mean", "sum") else UNKNOWN_SHAPE)


def binary_loss(input: TensorSpec, target: TensorSpec, reduction: str = "mean") -> TensorSpec:
    """A loss between probabilities or logits and zeros and ones, which have to be floats."""
    if dtypes.kind(target.dtype) in ("int", "bool"):
        raise Problem("a floating-point target", str(target), kind="dtype", fix="{x}.float()", argument=1)
    return loss(input, target, reduction)


def _first_difference(a: Shape, b: Shape) -> tuple[Dim, Dim] | None:
    return next(((x, y) for x, y in zip(a.dims, b.dims) if D.differ(x, y)), None)


def same(input: TensorSpec, *args: Any, **options: Any) -> TensorSpec:
    """Keeps shape and dtype."""
    return input


def to_float(input: TensorSpec, *args: Any, **options: Any) -> TensorSpec:
    """`exp log sqrt sin`: integers become floats."""
    return input.of(input.shape, dtypes.floating(input.dtype))


def floats_only(input: TensorSpec, *args: Any, **options: Any) -> TensorSpec:
    """Keeps shape and dtype; refuses integers, as the kernel does."""
    need_float(input)
    return input


def to_bool(input: TensorSpec, *args: Any, **options: Any) -> TensorSpec:
    """`isnan`, `logical_not`."""
    return input.of(input.shape, "bool")


def magnitude(input: TensorSpec) -> TensorSpec:
    """`abs`: complex becomes float."""
    real = {"complex64": "float32", "complex128": "float64", "complex": "float"}
    return input.of(input.shape, real.get(input.dtype or "", input.dtype))


def softmax(input: TensorSpec, dim: Any = None, dtype: Any = None) -> TensorSpec:
    """Keeps the shape; `dim` must exist; integers are refused."""
    need_float(input)
    if isinstance(dim, int) and input.rank is not None:
        n = max(input.rank, 1)
        if not -n <= dim < n:
            raise Problem(f"a dimension from {-n} to {n - 1}", f"{dim} for {input.shape}", kind="argument", dimension=dim)
    if dtype is None:
        return input
    return input.of(input.shape, dtype if isinstance(dtype, str) else None)


def expand(input: TensorSpec, *size: Any) -> TensorSpec:
    """Sizes of 1 stretch; -1 keeps a size; more dimensions may come before."""
    sizes = size[0] if len(size) == 1 and isinstance(size[0], (tuple, list)) else size
    if is_unknown(tuple(sizes)) and input.rank is None:
        return input.of((None,) * len(sizes))
    if input.rank is None:
        return input.of([None if s == -1 else as_dim(s) for s in sizes])
    if len(sizes) < input.rank:
        raise Problem(f"at least {input.rank} sizes for {input.shape}", str(len(sizes)), kind="rank")
    dims = (1,) * (len(sizes) - input.rank) + input.dims
    out: list[Dim] = []
    for i, (have, want) in enumerate(zip(dims, sizes)):
        wanted = as_dim(want)
        if want == -1:
            out.append(have)
        elif have != 1 and D.differ(have, wanted):
            i -= len(sizes)
            raise Problem(
                f"{D.show(wanted)} or 1 at dimension {i}",
                f"{D.show(have)} in {input.shape}",
                dimension=i,
                sizes=(wanted, have),
            )
        else:
            out.append(wanted if wanted is not None else None)
    return input.of(out)


def expand_as(input: TensorSpec, other: TensorSpec) -> TensorSpec:
    return input.of(other.shape) if other.rank is None else expand(input, other.dims)


def type_as(input: TensorSpec, other: TensorSpec) -> TensorSpec:
    """The other's dtype and device."""
    return TensorSpec(input.shape, other.dtype, other.device)
