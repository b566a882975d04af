"""Branches that one call does not take: `if self.concat:` where the object was built with `concat=False`.

They are taken out of the copy of a body that is checked for that call.
"""

from __future__ import annotations

from collections.abc import Iterable

from mypy.nodes import (
    AssignmentStmt,
    Block,
    BreakStmt,
    ConditionalExpr,
    Context,
    ContinueStmt,
    Expression,
    ForStmt,
    IfStmt,
    RaiseStmt,
    ReturnStmt,
    Statement,
    WhileStmt,
    WithStmt,
)

from rlt.shapes.mypy.constants import Scope, evaluate


def taken(body: list[Statement], scope: Scope) -> None:
    """Marks what is not reached and puts the chosen side in the place of `a if flag else b`."""
    for i, s in enumerate(body):
        if isinstance(s, IfStmt):
            chosen = _branch(s, scope)
            if chosen is not None and _leaves(chosen):
                del body[i + 1 :]
                return
        elif isinstance(s, (ForStmt, WhileStmt, WithStmt)):
            taken(s.body.body, scope)
        elif isinstance(s, ReturnStmt) and s.expr is not None:
            s.expr = _chosen(s.expr, scope)
        elif isinstance(s, AssignmentStmt):
            s.rvalue = _chosen(s.rvalue, scope)


def _branch(s: IfStmt, scope: Scope) -> Block | None:
    """The branch that is taken; None where that is not known, or none is."""
    chosen = None
    for i, (condition, block) in enumerate(zip(s.expr, s.body)):
        value = evaluate(condition, scope)
        if chosen is not None or value is False:
            block.is_unreachable = True
            continue
        taken(block.body, scope)
        if value is True and all(b.is_unreachable for b in s.body[:i]):
            chosen = block
    if s.else_body is not None:
        s.else_body.is_unreachable = chosen is not None
        if chosen is None:
            taken(s.else_body.body, scope)
            chosen = s.else_body if all(b.is_unreachable for b in s.body) else None
    return chosen


def _leaves(block: Block) -> bool:
    """Whether nothing after the block is reached from it."""
    return bool(block.body) and isinstance(block.body[-1], (ReturnStmt, RaiseStmt, ContinueStmt, BreakStmt))


def _chosen(e: Expression, scope: Scope) -> Expression:
    value = evaluate(e.cond, scope) if isinstance(e, ConditionalExpr) else None
    if not isinstance(e, ConditionalExpr) or not isinstance(value, bool):
        return e
    return e.if_expr if value else e.else_expr


def undecided(body: Iterable[Statement]) -> set[int]:
    """The lines of a body after `taken` that run or do not by something unknown: what is wrong there need not happen."""
    lines: set[int] = set()
    unsure = False
    for s in body:
        if unsure:
            lines |= _lines(s)
        elif isinstance(s, IfStmt):
            left = [b for b in (*s.body, s.else_body) if b is not None and not b.is_unreachable]
            open_end = s.else_body is None and len(left) == len(s.body)
            if len(left) > 1 or (open_end and left):
                lines |= {n for b in left for inner in b.body for n in _lines(inner)}
                unsure = any(map(_leaves, left))
            else:
                lines |= {n for b in left for n in undecided(b.body)}
        elif isinstance(s, (ForStmt, WhileStmt, WithStmt)):
            lines |= undecided(s.body.body)
        e = s.expr if isinstance(s, ReturnStmt) else s.rvalue if isinstance(s, AssignmentStmt) else None
        if isinstance(e, ConditionalExpr):
            lines |= _lines(e)
    return lines


def _lines(node: Context) -> set[int]:
    return set(range(node.line, (node.end_line or node.line) + 1))
