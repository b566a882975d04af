"""Code that runs only where sizes agree: `if self.c_in == self.c_out: y = y + x`.

Two names may stand for the same number there. What the condition says is not worked out: a comparison of sizes, or a flag of
the network's own (`if self.use_res_connect:`), is enough for a difference of names not to be a mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mypy.nodes import (
    Block,
    ComparisonExpr,
    ConditionalExpr,
    Expression,
    FuncItem,
    IfStmt,
    MemberExpr,
    NameExpr,
    OpExpr,
    ReturnStmt,
    Statement,
    UnaryExpr,
)

from rlt.shapes.mypy.mutations import everywhere


def may_be_equal(functions: list[FuncItem], node: Any) -> bool:
    """Whether `node`, in the innermost of `functions`, runs only after a question that may be about sizes."""
    if not functions:
        return False
    return any(_asks(condition) for condition in _conditions(functions[-1].body.body, node))


def _conditions(body: list[Statement], node: Any) -> Iterator[Expression]:
    """What is asked before `node` is reached, by the statements around it."""
    for s in everywhere(body):
        if isinstance(s, IfStmt):
            for condition, block in zip(s.expr, s.body):
                if _within(block, node):
                    yield condition
            if s.else_body is not None and _within(s.else_body, node):
                yield from s.expr
        for e in _expressions(s):
            if isinstance(e, ConditionalExpr) and e.line <= node.line <= (e.end_line or e.line):
                yield e.cond


def _expressions(s: Statement) -> list[Expression | None]:
    return [s.expr] if isinstance(s, ReturnStmt) else [getattr(s, "rvalue", None)]


def _within(block: Block, node: Any) -> bool:
    last = block.body[-1] if block.body else block
    return bool(block.body) and block.body[0].line <= node.line <= (last.end_line or last.line)


def _asks(condition: Expression) -> bool:
    if isinstance(condition, OpExpr):
        return _asks(condition.left) or _asks(condition.right)
    if isinstance(condition, UnaryExpr):
        return _asks(condition.expr)
    if isinstance(condition, ComparisonExpr):
        return any(operator in ("==", "!=") for operator in condition.operators)
    if isinstance(condition, MemberExpr):
        return condition.name != "training"
    return isinstance(condition, NameExpr)
