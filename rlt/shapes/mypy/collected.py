"""Lists that code fills with tensors, `outs.append(h)`, before it stacks or joins them."""

from __future__ import annotations

from typing import Any

from mypy.nodes import (
    BreakStmt,
    CallExpr,
    ContinueStmt,
    Expression,
    ExpressionStmt,
    ForStmt,
    FuncItem,
    IndexExpr,
    IntExpr,
    ListExpr,
    MemberExpr,
    NameExpr,
    SliceExpr,
    Statement,
    UnaryExpr,
)
from mypy.types import Type

from rlt.shapes import dims as D
from rlt.shapes.dims import Dim
from rlt.shapes.mypy.constants import evaluate
from rlt.shapes.mypy.mutations import changes, everywhere, method_call
from rlt.shapes.mypy.scope import CheckedScope, local_assignments
from rlt.shapes.mypy.tensors import shared, spec_of
from rlt.shapes.rules.problem import as_dim
from rlt.shapes.rules.tensor import TensorSpec

APPEND = "builtins.list.append"
_PUT: dict[FuncItem, dict[Expression, Type]] = {}
"""For each function: what its calls of `append` were last seen to put in."""
_MOST_KEPT = 400


def append(ctx: Any) -> Type:
    """The hook of `list.append`."""
    scope = CheckedScope(ctx.api)
    if scope.functions and ctx.arg_types and ctx.arg_types[0]:
        if len(_PUT) >= _MOST_KEPT:
            _PUT.clear()
        _PUT.setdefault(scope.functions[-1], {})[ctx.context] = ctx.arg_types[0][0]
    return ctx.default_return_type


def collected(e: Expression, scope: CheckedScope) -> tuple[TensorSpec, Dim] | None:
    """What each tensor in a list is, and how many there are; None for a list that is filled in other ways too."""
    turned = isinstance(e, IndexExpr) and _turns_round(e)
    name = e.base if turned and isinstance(e, IndexExpr) else e
    if not isinstance(name, NameExpr) or not scope.functions:
        return None
    function = scope.functions[-1]
    body = function.body.body
    made = [a for a in local_assignments(function) if a.name == name.name and not a.of_self]
    if len(made) != 1 or not isinstance(made[0].value, ListExpr) or made[0].index is not None:
        return None
    filling = [s for s in everywhere(body) if changes(s, name.name)]
    calls = [c for s in filling if (c := method_call(s, name.name)) is not None]
    put = _PUT.get(function, {})
    if not calls or len(calls) != len(filling) or any(c not in put for c in calls):
        return None
    first = made[0].value.items
    specs = [spec_of(t) for t in (*map(scope.type_of, first), *(put[c] for c in calls))]
    known = [s for s in specs if s is not None]
    if len(known) != len(specs):
        return None
    turns = _turns(body, calls[0], scope) if len(calls) == 1 else None
    return shared(known), D.add(turns, len(first))


def _turns_round(e: IndexExpr) -> bool:
    """`outs[::-1]`."""
    if not isinstance(e.index, SliceExpr):
        return False
    step = e.index.stride
    back = isinstance(step, UnaryExpr) and step.op == "-" and isinstance(step.expr, IntExpr) and step.expr.value == 1
    return back and e.index.begin_index is None and e.index.end_index is None


def _turns(body: list[Statement], call: CallExpr, scope: CheckedScope) -> Dim:
    """How often a loop of the function's body does the call in each of its turns: over `range(n)` or `x.unbind(d)`."""
    for s in body:
        if isinstance(s, ForStmt) and any(isinstance(i, ExpressionStmt) and i.expr is call for i in s.body.body):
            cut = any(isinstance(i, (BreakStmt, ContinueStmt)) for i in everywhere(s.body.body))
            return None if cut else _length(s.expr, scope)
    return None


def _length(over: Expression, scope: CheckedScope) -> Dim:
    if not isinstance(over, CallExpr):
        x = scope.tensor(over)
        return x.shape.size(0) if x is not None else None
    if isinstance(over.callee, NameExpr) and over.callee.name in ("reversed", "enumerate") and over.args:
        return _length(over.args[0], scope)
    if isinstance(over.callee, NameExpr) and over.callee.name == "range" and len(over.args) == 1:
        return as_dim(evaluate(over.args[0], scope))
    if isinstance(over.callee, MemberExpr) and over.callee.name == "unbind":
        x, at = scope.tensor(over.callee.expr), evaluate(over.args[0], scope) if over.args else 0
        return x.shape.size(at) if x is not None and type(at) is int else None
    return None
