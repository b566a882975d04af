"""Statements that change a list or dictionary: `append`, `extend`, `+=`, `x[i] = …`."""

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

from rlt.shapes.mypy.assignments import methods


def unchanged(name: str, body: list[Statement]) -> bool:
    """Whether nothing is put in the container `name`."""
    return not any(changes(s, name) or _puts(s, name) for s in everywhere(body))


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


def adds_display(s: Statement, name: str) -> bool:
    """`name += [...]`."""
    return (
        isinstance(s, OperatorAssignmentStmt)
        and s.op == "+"
        and isinstance(s.lvalue, NameExpr)
        and s.lvalue.name == name
        and isinstance(s.rvalue, (ListExpr, TupleExpr))
    )


def method_call(s: Statement, name: str) -> CallExpr | None:
    """`name.method(...)` as a statement of its own."""
    if isinstance(s, ExpressionStmt) and isinstance(s.expr, CallExpr) and isinstance(s.expr.callee, MemberExpr):
        owner = s.expr.callee.expr
        return s.expr if isinstance(owner, NameExpr) and owner.name == name else None
    return None


def changes(s: Statement, name: str) -> bool:
    if isinstance(s, OperatorAssignmentStmt):
        return isinstance(s.lvalue, NameExpr) and s.lvalue.name == name
    return method_call(s, name) is not None


def everywhere(body: Iterable[Statement], *, reached: bool = False) -> Iterable[Statement]:
    """Every statement of a body, those in branches and loops too; `reached`: but for blocks marked as unreachable."""
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
            if block is not None and not (reached and block.is_unreachable):
                yield from everywhere(block.body, reached=reached)
