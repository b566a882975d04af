"""An attribute that a constructor makes in one way or another: `Identity()`, or a projection where the sizes differ.

For a call of one object it is known which, as its constructor's arguments are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mypy.nodes import AssignmentStmt, ConditionalExpr, Expression, IfStmt, MemberExpr, Statement, TypeInfo
from mypy.types import Type

from rlt.shapes.mypy.assignments import assignments, methods
from rlt.shapes.mypy.conditions import holds, written
from rlt.shapes.mypy.reading import Reader
from rlt.shapes.mypy.tensors import TypeMaker
from rlt.shapes.rules.problem import UNKNOWN


class _Unknown(Exception):
    """What is assigned depends on something that is not known."""


def made_of(
    cls: TypeInfo, attribute: str, built_with: Mapping[str, Any], module: list[Statement], types: TypeMaker
) -> Type | None:
    """The layer that `self.attribute` is in an object built with these arguments, in the names of its class's constructor.

    None where there is one way only, or where it is not known which.
    """
    init = next((m for m in methods(cls.defn.defs) if m.name == "__init__"), None)
    ways = [a for m in methods(cls.defn.defs) for a in assignments(m.body.body) if a.of_self and a.name == attribute]
    alone = len(ways) == 1 and not isinstance(ways[0].value, ConditionalExpr)
    if init is None or not ways or alone:
        return None
    parameters = [a.variable.name for a in init.arguments]
    try:
        found = _assigned(init.body.body, attribute, parameters, built_with)
    except _Unknown:
        return None
    if found is None:
        return None
    reader = Reader(init, module, types, cls)
    return reader.one(found) if reader.before(found) else None


def _assigned(
    body: Sequence[Statement], attribute: str, parameters: Sequence[str], built_with: Mapping[str, Any]
) -> Expression | None:
    """The expression that is assigned last."""
    found: Expression | None = None
    for s in body:
        if isinstance(s, AssignmentStmt) and any(_is(target, attribute) for target in s.lvalues):
            found = s.rvalue
            while isinstance(found, ConditionalExpr):
                value = _asked(found.cond, parameters, built_with)
                if value is UNKNOWN:
                    raise _Unknown
                found = found.if_expr if value else found.else_expr
        elif isinstance(s, IfStmt):
            for condition, block in zip(s.expr, s.body):
                value = _asked(condition, parameters, built_with)
                if value is UNKNOWN and _mentions(s, attribute):
                    raise _Unknown
                if value is True:
                    found = _assigned(block.body, attribute, parameters, built_with) or found
                    break
            else:
                if s.else_body is not None:
                    found = _assigned(s.else_body.body, attribute, parameters, built_with) or found
        elif _mentions(s, attribute):
            raise _Unknown
    return found


def _asked(condition: Expression, parameters: Sequence[str], built_with: Mapping[str, Any]) -> Any:
    text = written(condition, parameters)
    return UNKNOWN if text is None else holds(text, built_with)


def _is(target: Expression, attribute: str) -> bool:
    return isinstance(target, MemberExpr) and target.name == attribute and getattr(target.expr, "name", "") == "self"


def _mentions(s: Statement, attribute: str) -> bool:
    return any(a.of_self and a.name == attribute for a in assignments([s]))
