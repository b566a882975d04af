"""Branches that one call does not take: `if self.concat:` where the object was built with `concat=False`.

They are taken out of the copy of a body that is checked for that call.
"""

from __future__ import annotations

from collections.abc import Iterable

from mypy.nodes import (
    AssignmentStmt,
    Block,
    ConditionalExpr,
    Expression,
    ForStmt,
    IfStmt,
    ReturnStmt,
    Statement,
    WhileStmt,
    WithStmt,
)

from rlt.shapes.mypy.constants import Scope, evaluate


def taken(body: Iterable[Statement], scope: Scope) -> None:
    """Marks what is not reached and puts the chosen side in the place of `a if flag else b`."""
    for s in body:
        if isinstance(s, IfStmt):
            _branch(s, scope)
        elif isinstance(s, (ForStmt, WhileStmt, WithStmt)):
            taken(s.body.body, scope)
        elif isinstance(s, ReturnStmt) and s.expr is not None:
            s.expr = _chosen(s.expr, scope)
        elif isinstance(s, AssignmentStmt):
            s.rvalue = _chosen(s.rvalue, scope)


def _branch(s: IfStmt, scope: Scope) -> None:
    decided = False
    for i, (condition, block) in enumerate(zip(s.expr, s.body)):
        value = evaluate(condition[0] if isinstance(condition, list) else condition, scope)
        if decided or value is False:
            block.is_unreachable = True
            continue
        taken(block.body, scope)
        decided = value is True and all(b.is_unreachable for b in s.body[:i])
    if s.else_body is not None:
        s.else_body.is_unreachable = decided
        if not decided:
            taken(s.else_body.body, scope)


def _chosen(e: Expression, scope: Scope) -> Expression:
    value = evaluate(e.cond, scope) if isinstance(e, ConditionalExpr) else None
    if not isinstance(e, ConditionalExpr) or not isinstance(value, bool):
        return e
    return e.if_expr if value else e.else_expr


def reached(body: Iterable[Statement]) -> Iterable[Statement]:
    """Every statement, without those in branches that are marked."""
    for s in body:
        yield s
        blocks: list[Block | None] = []
        if isinstance(s, IfStmt):
            blocks = [*s.body, s.else_body]
        elif isinstance(s, (ForStmt, WhileStmt)):
            blocks = [s.body, s.else_body]
        elif isinstance(s, WithStmt):
            blocks = [s.body]
        for block in blocks:
            if block is not None and not block.is_unreachable:
                yield from reached(block.body)
