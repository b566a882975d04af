"""A size as it is written: `b`, `32`, `(h-1)//2+1`."""

from __future__ import annotations

import ast
from typing import Any

from rlt.shapes import dims as D
from rlt.shapes.dims import Dim
from rlt.shapes.syntax import parse


def parse_dim(text: str) -> Dim:
    """`b`, `32`, `2*h`, `(h-1)//2+1`, `obs.n`, `hidden[-1]`; `_` and `?` are unknown. ValueError where it is no size."""
    text = text.strip()
    if text in ("_", "?"):
        return None
    try:
        tree = parse(text, "eval").body
    except SyntaxError:
        raise ValueError(f'cannot read "{text}" as a size') from None
    return _evaluate(tree, text)


def _evaluate(node: Any, text: str) -> Dim:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.Name):
        return D.name(node.id)
    if isinstance(node, ast.Attribute):
        return D.name(ast.unparse(node))
    if isinstance(node, ast.Subscript) and _is_item(node):
        return D.name(ast.unparse(node))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return D.mul(_evaluate(node.operand, text), -1)
    if isinstance(node, ast.BinOp):
        a, b = _evaluate(node.left, text), _evaluate(node.right, text)
        if isinstance(node.op, ast.Add):
            return D.add(a, b)
        if isinstance(node.op, ast.Sub):
            return D.sub(a, b)
        if isinstance(node.op, ast.Mult):
            return D.mul(a, b)
        if isinstance(node.op, ast.FloorDiv) and b != 0:
            return D.floordiv(a, b)
        if isinstance(node.op, ast.Pow) and isinstance(b, int) and 0 <= b <= 8:
            return D.product([a] * b)
    raise ValueError(f'cannot read "{text}" as a size')


def _is_item(node: ast.Subscript) -> bool:
    """An item of a sequence of sizes by its place: `hidden[-1]`."""
    place = node.slice.operand if isinstance(node.slice, ast.UnaryOp) and isinstance(node.slice.op, ast.USub) else node.slice
    return isinstance(node.value, ast.Name | ast.Attribute) and isinstance(place, ast.Constant) and type(place.value) is int
