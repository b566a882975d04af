"""Lists written out in the source, and what straight-line code appends to them."""

from __future__ import annotations

from mypy.nodes import (
    Expression,
    ListExpr,
    MemberExpr,
    NameExpr,
    OperatorAssignmentStmt,
    Statement,
    TupleExpr,
)

from rlt.shapes.mypy.assignments import Assignment
from rlt.shapes.mypy.classes import latest
from rlt.shapes.mypy.mutations import adds_display, changes, everywhere, method_call
from rlt.shapes.mypy.scope import CheckedScope, local_assignments, module_assignments


def listed(e: Expression, scope: CheckedScope) -> list[Expression] | None:
    """The items of a list or tuple display, or of a name that holds one; None where they are not all in sight."""
    if isinstance(e, (ListExpr, TupleExpr)):
        return list(e.items)
    if not isinstance(e, NameExpr):
        return None
    if scope.functions:
        function = scope.functions[-1]
        known, body = local_assignments(function), function.body.body
    else:
        known, body = module_assignments(scope.api.tree), scope.api.tree.defs
    found = latest([a for a in known if not isinstance(a.statement, OperatorAssignmentStmt)], e.name, e.line)
    if not found or not isinstance(found.value, (ListExpr, TupleExpr)) or found.index is not None:
        return None
    return _with_appended(found, e.name, e.line, body)


def _with_appended(found: Assignment, name: str, line: int, body: list[Statement]) -> list[Expression] | None:
    assert isinstance(found.value, (ListExpr, TupleExpr))
    items: list[Expression] = list(found.value.items)
    understood = 0
    for s in body:
        if adds_display(s, name) and found.line < s.line < line:
            assert isinstance(s, OperatorAssignmentStmt)
            assert isinstance(s.rvalue, (ListExpr, TupleExpr))
            items.extend(s.rvalue.items)
            understood += 1
            continue
        call = method_call(s, name)
        if call is None or not found.line < s.line < line:
            continue
        assert isinstance(call.callee, MemberExpr)
        given = call.args[0] if len(call.args) == 1 else None
        if call.callee.name == "append" and given is not None:
            items.append(given)
        elif call.callee.name == "extend" and isinstance(given, (ListExpr, TupleExpr)):
            items.extend(given.items)
        else:
            return None
        understood += 1
    made = sum(1 for s in everywhere(body) if changes(s, name))
    return items if made == understood else None
