"""What a `for` runs over: items that are known one by one, or what its names are worth in any turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mypy.nodes import CallExpr, Expression, IndexExpr, IntExpr, ListExpr, NameExpr, SliceExpr, StarExpr, TupleExpr, UnaryExpr

from rlt.shapes import dims as D
from rlt.shapes.mypy.constants import Scope, evaluate
from rlt.shapes.mypy.sequences import BOUND, Sizes
from rlt.shapes.rules.problem import UNKNOWN, as_dim

_MOST = 64
"""Turns that are read one by one."""


@dataclass
class Iteration:
    """The turns of a loop."""

    each: list[dict[str, Any]] | None = None
    """What the names are in each turn, where that is known."""
    own: dict[str, Any] = field(default_factory=dict)
    """Else what they are in any turn: a size of that turn's own, or UNKNOWN."""
    first: dict[str, Any] = field(default_factory=dict)
    """For a size of a turn that the turn before knows: what it is in the first turn,"""
    then: dict[str, Any] = field(default_factory=dict)
    """what the next turn has for it,"""
    last: dict[str, Any] = field(default_factory=dict)
    """and what the next turn would have for it after the last."""
    ends: dict[str, Any] = field(default_factory=dict)
    """What a size of a turn's own is in the last turn."""
    after: dict[str, Any] = field(default_factory=dict)
    """The names after the loop."""
    count: D.Dim = None
    """How many turns there are, where a name says it."""


def iteration(target: Expression, over: Expression, scope: Scope, bound: str = BOUND) -> Iteration:
    """How the names of `for target in over` go. `bound` begins the names of sizes of a turn's own: that of a loop within a
    loop is another."""
    base = _in_pairs(over)
    if base is not None:
        values = evaluate(base, scope)
        if isinstance(values, (tuple, list)):
            return _known(target, list(zip(values, values[1:])))
        names = [i.name for i in target.items if isinstance(i, NameExpr)] if isinstance(target, TupleExpr) else []
        if isinstance(values, Sizes) and len(names) == 2:
            here, there = (bound + n for n in names)
            end = values[-1]
            own = {n: D.name(bound + n) for n in names}
            return Iteration(None, own, {here: values[0]}, {here: D.name(there)}, {here: end}, {there: end}, {names[1]: end})
    values = evaluate(over, scope) if base is None else UNKNOWN
    if isinstance(values, (tuple, list)):
        return _known(target, list(values))
    if isinstance(over, CallExpr) and isinstance(over.callee, NameExpr):
        found = _of_call(over.callee.name, over, target, scope, bound)
        if found is not None:
            return found
    own = {n: D.name(bound + n) if n not in starred else UNKNOWN for names, starred in [_names(target)] for n in names}
    if isinstance(values, Sizes) and isinstance(target, NameExpr):
        return Iteration(None, own, ends={bound + target.name: values[-1]}, after={target.name: values[-1]})
    return Iteration(None, own, after=dict.fromkeys(own, UNKNOWN))


def _of_call(name: str, call: CallExpr, target: Expression, scope: Scope, bound: str) -> Iteration | None:
    if name == "range":
        bounds = [evaluate(a, scope) for a in call.args]
        if all(type(b) is int for b in bounds) and len(range(*bounds)) <= _MOST:
            return _known(target, list(range(*bounds)))
        own = dict.fromkeys(_names(target)[0], UNKNOWN)
        return Iteration(None, own, after=dict(own), count=as_dim(bounds[0]) if len(bounds) == 1 else None)
    if name == "enumerate" and len(call.args) == 1 and isinstance(target, TupleExpr) and len(target.items) == 2:
        inner = iteration(target.items[1], call.args[0], scope, bound)
        counters = _names(target.items[0])[0]
        if inner.each is not None:
            return Iteration([{**dict.fromkeys(counters, i), **values} for i, values in enumerate(inner.each)])
        inner.own |= dict.fromkeys(counters, UNKNOWN)
        return inner
    if name == "zip" and call.args:
        lists = [evaluate(a, scope) for a, given in zip(call.args, call.arg_names) if given is None]
        if all(isinstance(v, (tuple, list)) for v in lists):
            return _known(target, list(zip(*lists)))
    return None


def _in_pairs(over: Expression) -> Expression | None:
    """`sizes` of `pairwise(sizes)`, `zip(sizes, sizes[1:])` and `zip(sizes[:-1], sizes[1:])`."""
    if not isinstance(over, CallExpr) or not over.args:
        return None
    name = getattr(over.callee, "name", "")
    if name == "pairwise" and len(over.args) == 1:
        return over.args[0]
    lists = [a for a, given in zip(over.args, over.arg_names) if given is None]  # `strict=` apart
    if name != "zip" or len(lists) != 2:
        return None
    a, b = lists
    first = a.base if isinstance(a, IndexExpr) and _is_slice(a, None, -1) else a
    if isinstance(b, IndexExpr) and _is_slice(b, 1, None) and isinstance(b.base, NameExpr) and isinstance(first, NameExpr):
        return first if first.name == b.base.name else None
    return None


def _is_slice(e: IndexExpr, begin: int | None, end: int | None) -> bool:
    if not isinstance(e.index, SliceExpr) or e.index.stride is not None:
        return False
    return (_number(e.index.begin_index), _number(e.index.end_index)) == (begin, end)


def _number(e: Expression | None) -> Any:
    if isinstance(e, UnaryExpr) and e.op == "-" and isinstance(e.expr, IntExpr):
        return -e.expr.value
    return e.value if isinstance(e, IntExpr) else e


def _known(target: Expression, items: list[Any]) -> Iteration:
    if len(items) > _MOST:
        names = _names(target)[0]
        return Iteration(None, dict.fromkeys(names, UNKNOWN), after=dict.fromkeys(names, UNKNOWN))
    return Iteration([dict(_bound(target, item)) for item in items])


def _bound(target: Expression, value: Any) -> Iterator[tuple[str, Any]]:
    """Each name of a target with its part of the value."""
    if isinstance(target, NameExpr):
        yield target.name, value
    elif isinstance(target, (TupleExpr, ListExpr)):
        starred = [i for i, t in enumerate(target.items) if isinstance(t, StarExpr)]
        values = list(value) if isinstance(value, (tuple, list)) else []
        if starred and len(values) >= len(target.items) - 1:
            at, rest = starred[0], len(target.items) - 1 - starred[0]
            stop = len(values) - rest
            values = [*values[:at], tuple(values[at:stop]), *values[stop:]]
        known = len(values) == len(target.items)
        for i, t in enumerate(target.items):
            yield from _bound(t.expr if isinstance(t, StarExpr) else t, values[i] if known else UNKNOWN)


def _names(target: Expression) -> tuple[list[str], set[str]]:
    """The names of a target, and which of them hold the rest of a sequence."""
    if isinstance(target, NameExpr):
        return [target.name], set()
    names: list[str] = []
    starred: set[str] = set()
    for t in target.items if isinstance(target, (TupleExpr, ListExpr)) else ():
        inner = t.expr if isinstance(t, StarExpr) else t
        found, deeper = _names(inner)
        names += found
        starred |= set(found) if isinstance(t, StarExpr) else deeper
    return names, starred


