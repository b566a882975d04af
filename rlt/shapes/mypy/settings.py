"""Constructor arguments kept in a type, as text: `in_features=784; out_features=hidden`.

They are what a type remembers of a layer, or of a user's network, from the place where it was built to the call.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from mypy.types import Instance, LiteralType, Type, get_proper_type

from rlt.shapes.dim_text import parse_dim
from rlt.shapes.mypy.constants import encode
from rlt.shapes.mypy.sequences import in_terms_of, joined, parameter
from rlt.shapes.mypy.tensors import TypeMaker, core, loose
from rlt.shapes.rules.problem import UNKNOWN

Settings = dict[str, Any]


def write(settings: Mapping[str, Any]) -> str:
    return "; ".join(f"{k}={encode(v)}" for k, v in settings.items())


def read(text: str) -> Settings:
    return {key: decode(value) for key, _, value in (part.partition("=") for part in text.split("; ")) if key}


def decode(text: str) -> Any:
    try:
        return _decode(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError):
        return UNKNOWN


def _decode(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Tuple):
        runs = (parameter(ast.unparse(i.value)) if isinstance(i, ast.Starred) else (_decode(i),) for i in node.elts)
        return joined(runs)
    if isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant) and isinstance(node.op, ast.USub):
        return -node.operand.value  # type: ignore[operator]
    size = parse_dim(ast.unparse(node))
    return UNKNOWN if size is None else size


def with_settings(t: Instance, settings: Mapping[str, Any], types: TypeMaker) -> Instance:
    """`t` remembering its constructor's arguments."""
    literal = types.text(write(settings))
    return Instance(t.type, [loose(literal)], line=t.line, column=t.column)


def settings_of(t: Type | None) -> Settings | None:
    """The constructor arguments that a type remembers; None where it remembers none."""
    p = get_proper_type(t) if t is not None else None
    if not isinstance(p, Instance) or len(p.args) != 1:
        return None
    held = core(p.args[0])
    if isinstance(held, LiteralType) and isinstance(held.value, str):
        return read(held.value)
    return None


def substituted(settings: Mapping[str, Any], values: Mapping[str, Any]) -> Settings:
    """The settings with names replaced by what the surrounding object was built with; unknown where one has no value."""
    return {k: in_terms_of(v, values) for k, v in settings.items()}
