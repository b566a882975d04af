"""Where names get their values: every assignment in a function's body, by name and by attribute of `self`.

A walker of its own, because classes that mypy ships compiled cannot be subclassed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mypy.nodes import (
    AssignmentExpr,
    AssignmentStmt,
    Block,
    Decorator,
    Expression,
    ExpressionStmt,
    ForStmt,
    FuncDef,
    IfStmt,
    ListExpr,
    MemberExpr,
    NameExpr,
    OperatorAssignmentStmt,
    OverloadedFuncDef,
    StarExpr,
    Statement,
    TryStmt,
    TupleExpr,
    WhileStmt,
    WithStmt,
)


@dataclass(frozen=True, slots=True)
class Assignment:
    """One assignment to a name or to an attribute of `self` (`of_self`)."""

    name: str
    of_self: bool
    value: Expression | None
    """What is assigned; None where that is no single expression (a loop, `with`, `+=`)."""
    index: int | None
    """The position within `value` where a tuple is unpacked."""
    line: int
    always: bool
    """Whether it runs whenever the function does: not within a branch, loop or `try`."""
    statement: Statement


def assignments(body: Iterable[Statement]) -> list[Assignment]:
    """All assignments of some statements, in the order of the source; those of nested functions excepted."""
    return [found for statement in body for found in _statement(statement, True)]


def _block(block: Block | None, always: bool) -> Iterator[Assignment]:
    for statement in block.body if block is not None else ():
        yield from _statement(statement, always)


def _statement(s: Statement, always: bool) -> Iterator[Assignment]:
    if isinstance(s, AssignmentStmt):
        if isinstance(s.rvalue, AssignmentExpr):
            yield from _target(s.rvalue.target, s.rvalue.value, s, always)
        for lvalue in s.lvalues:
            yield from _target(lvalue, s.rvalue, s, always)
    elif isinstance(s, OperatorAssignmentStmt):
        yield from _target(s.lvalue, None, s, always)
    elif isinstance(s, ForStmt):
        yield from _target(s.index, None, s, False)
        yield from _block(s.body, False)
        yield from _block(s.else_body, False)
    elif isinstance(s, WhileStmt):
        yield from _block(s.body, False)
        yield from _block(s.else_body, False)
    elif isinstance(s, IfStmt):
        for branch in s.body:
            yield from _block(branch, False)
        yield from _block(s.else_body, False)
    elif isinstance(s, WithStmt):
        for target in s.target:
            if target is not None:
                yield from _target(target, None, s, always)
        yield from _block(s.body, always)
    elif isinstance(s, TryStmt):
        yield from _block(s.body, False)
        for handler in s.handlers:
            yield from _block(handler, False)
        yield from _block(s.else_body, False)
        yield from _block(s.finally_body, False)
    elif isinstance(s, ExpressionStmt) and isinstance(s.expr, AssignmentExpr):
        yield from _target(s.expr.target, s.expr.value, s, always)


def _target(lvalue: Expression, value: Expression | None, s: Statement, always: bool) -> Iterator[Assignment]:
    if isinstance(lvalue, NameExpr):
        yield Assignment(lvalue.name, False, value, None, s.line, always, s)
    elif isinstance(lvalue, MemberExpr):
        if isinstance(lvalue.expr, NameExpr) and lvalue.expr.name == "self":
            yield Assignment(lvalue.name, True, value, None, s.line, always, s)
    elif isinstance(lvalue, (TupleExpr, ListExpr)):
        starred = any(isinstance(i, StarExpr) for i in lvalue.items)
        for i, item in enumerate(lvalue.items):
            inner = item.expr if isinstance(item, StarExpr) else item
            if starred:
                yield from _target(inner, None, s, always)
            elif isinstance(value, (TupleExpr, ListExpr)) and len(value.items) == len(lvalue.items):
                yield from _target(inner, value.items[i], s, always)
            elif isinstance(inner, NameExpr):
                yield Assignment(inner.name, False, value, i, s.line, always, s)
            else:
                yield from _target(inner, None, s, always)


def methods(defs: Block) -> Iterator[FuncDef]:
    """The functions of a class body, undecorated."""
    for s in defs.body:
        if isinstance(s, FuncDef):
            yield s
        elif isinstance(s, Decorator):
            yield s.func
        elif isinstance(s, OverloadedFuncDef):
            for item in s.items:
                yield item.func if isinstance(item, Decorator) else item
