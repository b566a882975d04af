"""Flags that a constructor computes, as text: `stride == 1 and n_in == n_out`, to be asked of what an object was built with."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any

from mypy.nodes import ComparisonExpr, Expression, IntExpr, NameExpr, OpExpr, UnaryExpr

from rlt.shapes.mypy.constants import both, compared, either
from rlt.shapes.rules.problem import UNKNOWN

_OPERATORS = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Is: "is", ast.IsNot: "is not",
}  # fmt: skip


def written(e: Expression, parameters: Sequence[str]) -> str | None:
    """A condition on parameters and numbers; None for anything else."""
    if isinstance(e, NameExpr):
        return e.name if e.name in parameters or e.name in ("True", "False", "None") else None
    if isinstance(e, IntExpr):
        return str(e.value)
    if isinstance(e, UnaryExpr) and e.op == "not":
        inner = written(e.expr, parameters)
        return None if inner is None else f"not ({inner})"
    parts: list[Expression] = []
    word = ""
    if isinstance(e, OpExpr) and e.op in ("and", "or"):
        parts, word = [e.left, e.right], e.op
    elif isinstance(e, ComparisonExpr) and len(e.operators) == 1 and e.operators[0] in _OPERATORS.values():
        parts, word = list(e.operands), e.operators[0]
    texts = [written(p, parameters) for p in parts]
    return f" {word} ".join(f"({t})" for t in texts) if texts and None not in texts else None


def holds(text: str, built_with: Mapping[str, Any]) -> Any:
    """The condition as a bool, UNKNOWN where that is not known."""
    value = _value(ast.parse(text, mode="eval").body, built_with)
    return value if isinstance(value, bool) else UNKNOWN


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return values.get(node.id, UNKNOWN)
    if isinstance(node, ast.UnaryOp):
        inner = _value(node.operand, values)
        return not inner if isinstance(inner, bool) else UNKNOWN
    if isinstance(node, ast.BoolOp):
        a, b = (_value(v, values) for v in node.values)
        return both(a, b) if isinstance(node.op, ast.And) else either(a, b)
    if isinstance(node, ast.Compare):
        return compared(_OPERATORS[type(node.ops[0])], _value(node.left, values), _value(node.comparators[0], values))
    return UNKNOWN
