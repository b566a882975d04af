"""What an argument's expression is worth: numbers, sizes with names, tuples of them, dtypes, devices.

A size may stand in the source as a literal, an arithmetic expression, a parameter (then its name is the size), a name
that is assigned once, an attribute of `self` that the constructor sets, or be read from a tensor (`x.shape[1]`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from mypy.nodes import (
    CallExpr,
    ComparisonExpr,
    ComplexExpr,
    ConditionalExpr,
    Expression,
    FloatExpr,
    IndexExpr,
    IntExpr,
    ListExpr,
    MemberExpr,
    NameExpr,
    OpExpr,
    SliceExpr,
    StarExpr,
    StrExpr,
    TupleExpr,
    UnaryExpr,
)

from rlt.shapes import dims as D
from rlt.shapes.dims import Sym
from rlt.shapes.dtypes import FLOATS
from rlt.shapes.mypy import sequences
from rlt.shapes.mypy.sequences import Sizes
from rlt.shapes.rules.problem import UNKNOWN, as_dim, is_unknown
from rlt.shapes.rules.tensor import TensorSpec

DTYPES = {
    "float": "float32",
    "double": "float64",
    "half": "float16",
    "long": "int64",
    "int": "int32",
    "short": "int16",
    "cfloat": "complex64",
    "cdouble": "complex128",
    "bool": "bool",
} | {n: n for n in (*FLOATS, "int8", "int16", "int32", "int64", "uint8", "complex64", "complex128")}
_DEEPEST = 12


class Scope(Protocol):
    """How names, attributes and tensors of the place where an expression stands are looked up."""

    def name(self, e: NameExpr, depth: int) -> Any:
        """The value of a variable, or UNKNOWN."""

    def member(self, e: MemberExpr, depth: int) -> Any:
        """The value of an attribute, or UNKNOWN."""

    def called(self, e: CallExpr, depth: int) -> Any:
        """What a call of a user's function gives, or UNKNOWN."""

    def tensor(self, e: Expression) -> TensorSpec | None:
        """The tensor that an expression is, where its type was found already."""

    def literal(self, e: Expression) -> Any:
        """The number or text that mypy itself found for an expression, or UNKNOWN."""


def evaluate(e: Expression, scope: Scope, depth: int = 0) -> Any:
    """int, Sym, float, str, bool, None, tuple or list of these, or UNKNOWN. Never raises for user code."""
    if depth > _DEEPEST:
        return UNKNOWN
    if isinstance(e, (IntExpr, StrExpr, FloatExpr, ComplexExpr)):
        return e.value
    if isinstance(e, (TupleExpr, ListExpr)):
        values = sequences.joined(
            evaluate(i.expr, scope, depth + 1) if isinstance(i, StarExpr) else (evaluate(i, scope, depth + 1),) for i in e.items
        )
        return list(values) if isinstance(e, ListExpr) and isinstance(values, tuple) else values
    if isinstance(e, UnaryExpr):
        value = evaluate(e.expr, scope, depth + 1)
        if e.op == "not" and isinstance(value, bool):
            return not value
        if e.op != "-" or is_unknown(value) or isinstance(value, (bool, str, tuple, list)) or value is None:
            return UNKNOWN
        return D.mul(value, -1) if isinstance(value, (int, Sym)) else -value
    if isinstance(e, OpExpr):
        return _operation(e, scope, depth)
    if isinstance(e, NameExpr):
        if e.name in ("True", "False", "None"):
            return {"True": True, "False": False, "None": None}[e.name]
        found = scope.name(e, depth)
        return scope.literal(e) if found is UNKNOWN else found
    if isinstance(e, ConditionalExpr):
        return _chosen(e, scope, depth)
    if isinstance(e, ComparisonExpr) and len(e.operators) == 1:
        return compared(e.operators[0], *(evaluate(o, scope, depth + 1) for o in e.operands))
    if isinstance(e, IndexExpr):
        return _index(e, scope, depth)
    if isinstance(e, MemberExpr):
        return _member(e, scope, depth)
    if isinstance(e, CallExpr):
        return _call(e, scope, depth)
    return UNKNOWN


def _chosen(e: ConditionalExpr, scope: Scope, depth: int) -> Any:
    """`a if condition else b`: the one that is chosen, or what both are."""
    condition = evaluate(e.cond, scope, depth + 1)
    if isinstance(condition, (bool, int, str, tuple, list, Sizes)) or condition is None:
        return evaluate(e.if_expr if condition else e.else_expr, scope, depth + 1)
    one, other = evaluate(e.if_expr, scope, depth + 1), evaluate(e.else_expr, scope, depth + 1)
    return one if type(one) is type(other) and one == other else UNKNOWN


def _operation(e: OpExpr, scope: Scope, depth: int) -> Any:
    a, b = evaluate(e.left, scope, depth + 1), evaluate(e.right, scope, depth + 1)
    if e.op in ("and", "or"):
        return both(a, b) if e.op == "and" else either(a, b)
    if is_unknown(a, b):
        return UNKNOWN
    if isinstance(a, tuple) and isinstance(b, tuple) and e.op == "+":
        return (*a, *b)
    if isinstance(a, list) and isinstance(b, list) and e.op == "+":
        return [*a, *b]
    if e.op == "+" and isinstance(a, (tuple, list, Sizes)) and isinstance(b, (tuple, list, Sizes)):
        return sequences.joined((a, b))
    if isinstance(a, (tuple, list)) and isinstance(b, int) and e.op == "*":
        return a * b
    if isinstance(a, float) or isinstance(b, float):
        return float("nan")  # its kind is known, its value does not matter
    x, y = as_dim(a), as_dim(b)
    if x is None or y is None:
        return UNKNOWN
    if e.op == "%" and isinstance(x, int) and isinstance(y, int) and y:
        return x % y
    if e.op == "**" and isinstance(y, int) and 0 <= y <= 16:
        return D.product([x] * y)
    if e.op == "/":
        return float("nan")
    if e.op == "**" and isinstance(y, int) and y < 0:
        return float("nan")
    operation: Callable[[Any, Any], Any] | None = {"+": D.add, "-": D.sub, "*": D.mul, "//": D.floordiv}.get(e.op)
    result = operation(x, y) if operation is not None else None
    return UNKNOWN if result is None else result


def compared(operator: str, a: Any, b: Any) -> Any:
    """`a == b` and the like as a bool; UNKNOWN where it depends on what a name stands for."""
    if is_unknown(a, b):
        return UNKNOWN
    if operator in ("is", "is not"):
        return (a is b) == (operator == "is") if None in (a, b) or isinstance(a, bool) else UNKNOWN
    if isinstance(a, Sym) or isinstance(b, Sym):
        same = a == b or (False if D.differ(as_dim(a), as_dim(b)) and not D.rests_on_names(a, b) else UNKNOWN)
        return UNKNOWN if same is UNKNOWN or operator not in ("==", "!=") else same == (operator == "==")
    plain = (isinstance(a, (int, str)) and isinstance(b, (int, str))) or (a is None and b is None)
    if operator in ("==", "!=") and (plain or None in (a, b)):
        return (a == b) == (operator == "==")
    if type(a) is int and type(b) is int:
        return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}.get(operator, UNKNOWN)
    return UNKNOWN


def both(a: Any, b: Any) -> Any:
    """`a and b` of two bools that need not be known."""
    if a is False or b is False:
        return False
    return True if a is True and b is True else UNKNOWN


def either(a: Any, b: Any) -> Any:
    """`a or b`."""
    if a is True or b is True:
        return True
    return False if a is False and b is False else UNKNOWN


def sizes_of(e: Expression, scope: Scope) -> tuple[Any, ...] | None:
    """The sizes that `x.shape` or `x.size()` gives; None for another expression or an unknown rank."""
    base: Expression | None = None
    if isinstance(e, MemberExpr) and e.name == "shape":
        base = e.expr
    elif isinstance(e, CallExpr) and isinstance(e.callee, MemberExpr) and e.callee.name == "size" and not e.args:
        base = e.callee.expr
    x = scope.tensor(base) if base is not None else None
    if x is None or x.rank is None:
        return None
    return tuple(UNKNOWN if d is None else d for d in x.dims)


def _size(e: Expression, base: Expression, scope: Scope) -> Any:
    x = scope.tensor(base)
    at = evaluate(e, scope)
    if x is None or not isinstance(at, int):
        return UNKNOWN
    size = x.shape.size(at)
    return UNKNOWN if size is None else size


def _index(e: IndexExpr, scope: Scope, depth: int) -> Any:
    if isinstance(e.base, MemberExpr) and e.base.name == "shape" and not isinstance(e.index, SliceExpr):
        return _size(e.index, e.base.expr, scope)
    values = evaluate(e.base, scope, depth + 1)
    if isinstance(values, Sizes) and not isinstance(e.index, SliceExpr):
        return values[at] if type(at := evaluate(e.index, scope, depth + 1)) is int else UNKNOWN
    if not isinstance(values, (tuple, list)):
        return UNKNOWN
    if isinstance(e.index, SliceExpr):
        bounds = []
        for bound in (e.index.begin_index, e.index.end_index, e.index.stride):
            value = None if bound is None else evaluate(bound, scope, depth + 1)
            if value is not None and not isinstance(value, int):
                return UNKNOWN
            bounds.append(value)
        return values[slice(*bounds)]
    at = evaluate(e.index, scope, depth + 1)
    return values[at] if isinstance(at, int) and -len(values) <= at < len(values) else UNKNOWN


def _member(e: MemberExpr, scope: Scope, depth: int) -> Any:
    if isinstance(e.expr, NameExpr) and e.expr.name == "torch" and e.name in DTYPES:
        return DTYPES[e.name]
    if isinstance(e.expr, NameExpr) and e.expr.name in ("math", "np", "numpy") and e.name in ("pi", "inf", "nan", "e"):
        return float("nan")
    if e.name in ("dtype", "device", "ndim"):
        x = scope.tensor(e.expr)
        if x is not None:
            value = {"dtype": x.dtype, "device": x.device, "ndim": x.rank}[e.name]
            return UNKNOWN if value is None else value
    sizes = sizes_of(e, scope)
    if sizes is not None:
        return sizes
    found = scope.member(e, depth)
    return scope.literal(e) if found is UNKNOWN else found


def _call(e: CallExpr, scope: Scope, depth: int) -> Any:
    callee = e.callee
    if isinstance(callee, MemberExpr):
        if callee.name == "size":
            if len(e.args) == 1:
                return _size(e.args[0], callee.expr, scope)
            sizes = sizes_of(e, scope)
            return UNKNOWN if sizes is None else sizes
        if callee.name in ("numel", "nelement", "dim", "ndimension"):
            x = scope.tensor(callee.expr)
            value = None if x is None else x.rank if callee.name.endswith(("dim", "dimension")) else x.shape.numel()
            return UNKNOWN if value is None else value
        if callee.name in ("prod", "Size", "device") and len(e.args) >= 1:
            value = evaluate(e.args[0], scope, depth + 1)
            if callee.name != "prod":
                return tuple(value) if isinstance(value, list) else value
            return _folded(value, D.product)
    if isinstance(callee, NameExpr) and len(e.args) == 1:
        value = evaluate(e.args[0], scope, depth + 1)
        if callee.name == "int" and as_dim(value) is not None:
            return value
        if callee.name in ("tuple", "list") and isinstance(value, (tuple, list, Sizes)):
            if isinstance(value, Sizes):
                return value
            return tuple(value) if callee.name == "tuple" else list(value)
        if callee.name == "prod":
            return _folded(value, D.product)
        if callee.name == "sum":
            return _folded(value, D.total)
        if callee.name == "len":
            x = scope.tensor(e.args[0])
            size = x.shape.size(0) if x is not None else None
            if size is not None:
                return size
            return len(value) if isinstance(value, (tuple, list)) else UNKNOWN
        if callee.name == "float":
            return float("nan")
    found = scope.literal(e)
    return scope.called(e, depth) if found is UNKNOWN else found


def _folded(value: Any, fold: Callable[[list[D.Dim]], D.Dim]) -> Any:
    """The sum or the product of a sequence of sizes."""
    if not isinstance(value, (tuple, list)) or is_unknown(value):
        return UNKNOWN
    total = fold([as_dim(v) for v in value])
    return UNKNOWN if total is None else total


def encode(value: Any) -> str:
    """A value as text that `decode` reads; what cannot be written becomes unknown (`_`)."""
    if value is None or isinstance(value, (bool, int, str)):
        return repr(value)
    if isinstance(value, Sym):
        return str(value)
    if isinstance(value, Sizes):
        return encode((*value.before, D.name(f"*{value.run}"), *value.after))
    if isinstance(value, (tuple, list)):
        return "(" + "".join(encode(v) + ", " for v in value).rstrip() + ")"
    if isinstance(value, float) and value == value and abs(value) != float("inf"):
        return repr(value)
    return "_"
