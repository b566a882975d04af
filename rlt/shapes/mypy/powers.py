"""`head_dim ** -0.5` is a float: typeshed says Any, and Any times a tensor would hide the tensor."""

from __future__ import annotations

from typing import Any

from mypy.nodes import Expression, FloatExpr, OpExpr, UnaryExpr
from mypy.types import AnyType, Type, get_proper_type

POWERS = ("builtins.float.__pow__", "builtins.float.__rpow__", "builtins.int.__rpow__")


def _fraction(e: Expression) -> bool:
    inner = e.expr if isinstance(e, UnaryExpr) and e.op == "-" else e
    return isinstance(inner, FloatExpr) and inner.value != int(inner.value)


def power(ctx: Any) -> Type:
    """The hook of `**` with a fraction written out as its exponent."""
    node = ctx.context
    unknown = isinstance(get_proper_type(ctx.default_return_type), AnyType)
    if unknown and isinstance(node, OpExpr) and _fraction(node.right):
        return ctx.api.named_generic_type("builtins.float", [])
    return ctx.default_return_type
