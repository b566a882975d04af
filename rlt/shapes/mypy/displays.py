"""Lists written out in the source, and what straight-line code appends to them."""

from __future__ import annotations

from collections.abc import Iterable

from mypy.nodes import (
    AssignmentStmt,
    Block,
    CallExpr,
    ClassDef,
    Expression,
    ExpressionStmt,
    ForStmt,
    IfStmt,
    IndexExpr,
    ListExpr,
    MemberExpr,
    NameExpr,
    OperatorAssignmentStmt,
    Statement,
    TryStmt,
    TupleExpr,
    WhileStmt,
    WithStmt,
)

from rlt.shapes.mypy.assignments import Assignment, methods
from rlt.shapes.mypy.classes import latest
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
        if _adds_display(s, name) and found.line < s.line < line:
            assert isinstance(s, OperatorAssignmentStmt)
            assert isinstance(s.rvalue, (ListExpr, TupleExpr))
            items.extend(s.rvalue.items)
            understood += 1
            continue
        call = _method_call(s, name)
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
    changes = sum(1 for s in everywhere(body) if _changes(s, name))
    return items if changes == understood else None


def unchanged(name: str, body: list[Statement]) -> bool:
    """Whether nothing is put in the container `name`."""
    return not any(_changes(s, name) or _puts(s, name) for s in everywhere(body))


def _puts(s: Statement, name: str) -> bool:
    """`name[i] = …`."""
    if not isinstance(s, AssignmentStmt):
        return False
    bases = [v.base for v in s.lvalues if isinstance(v, IndexExpr)]
    return any(isinstance(b, NameExpr) and b.name == name for b in bases)


def changes_of_attribute(cls: ClassDef, name: str) -> list[str]:
    """The methods that the class's code calls to change `self.name`: `append`, `extend`, …; `+=` too."""
    found: list[str] = []
    for method in methods(cls.defs):
        for s in everywhere(method.body.body):
            if isinstance(s, OperatorAssignmentStmt) and _is_own(s.lvalue, name):
                found.append("+=")
            elif isinstance(s, ExpressionStmt) and isinstance(s.expr, CallExpr):
                callee = s.expr.callee
                if isinstance(callee, MemberExpr) and _is_own(callee.expr, name):
                    found.append(callee.name)
    return found


def _is_own(e: Expression, name: str) -> bool:
    own = isinstance(e, MemberExpr) and e.name == name and isinstance(e.expr, NameExpr)
    return own and e.expr.name == "self"  # type: ignore[attr-defined]


def _adds_display(s: Statement, name: str) -> bool:
    """`name += [...]`."""
    return (
        isinstance(s, OperatorAssignmentStmt)
        and s.op == "+"
        and isinstance(s.lvalue, NameExpr)
        and s.lvalue.name == name
        and isinstance(s.rvalue, (ListExpr, TupleExpr))
    )


def _method_call(s: Statement, name: str) -> CallExpr | None:
    """`name.method(...)` as a statement of its own."""
    if isinstance(s, ExpressionStmt) and isinstance(s.expr, CallExpr) and isinstance(s.expr.callee, MemberExpr):
        owner = s.expr.callee.expr
        return s.expr if isinstance(owner, NameExpr) and owner.name == name else None
    return None


def _changes(s: Statement, name: str) -> bool:
    if isinstance(s, OperatorAssignmentStmt):
        return isinstance(s.lvalue, NameExpr) and s.lvalue.name == name
    return _method_call(s, name) is not None


def everywhere(body: Iterable[Statement]) -> Iterable[Statement]:
    """Every statement of a body, those in branches and loops too."""
    for s in body:
        yield s
        blocks: list[Block | None] = []
        if isinstance(s, IfStmt):
            blocks = [*s.body, s.else_body]
        elif isinstance(s, (ForStmt, WhileStmt)):
            blocks = [s.body, s.else_body]
        elif isinstance(s, WithStmt):
            blocks = [s.body]
        elif isinstance(s, TryStmt):
            blocks = [s.body, *s.handlers, s.else_body, s.finally_body]
        for block in blocks:
            if block is not None:
                yield from everywhere(block.body)
