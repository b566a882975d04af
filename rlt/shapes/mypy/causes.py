"""One mistake, one message: an attribute that is wrong is wrong wherever the class uses it.

A width that both branches of a forward use would be reported in each. The first report counts; later ones in the class
that rest on an attribute and two sizes of an earlier one are held back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mypy.nodes import CallExpr, Expression, IndexExpr, MemberExpr, NameExpr, OpExpr, UnaryExpr

from rlt.shapes.dims import Dim
from rlt.shapes.mypy.reporting import SHAPE
from rlt.shapes.mypy.scope import CheckedScope


@dataclass(frozen=True)
class _Report:
    cls: str
    attributes: frozenset[str]
    sizes: frozenset[Dim]


@dataclass
class _File:
    tree: Any
    reports: dict[tuple[int, str], _Report] = field(default_factory=dict)
    """What was said of which line. mypy may drop it: it tries one operator or overload after another."""
    stand: dict[tuple[int, str], _Report] = field(default_factory=dict)
    """Those that reached the user."""


_FILES: dict[str, _File] = {}
_MOST_FILES = 100


def report(ctx: Any, text: str, sizes: tuple[Dim, Dim] | None) -> None:
    """Reports a mistake at the call; noted for `held_back` where it is one size against another."""
    cls = CheckedScope(ctx.api).cls if sizes is not None else None
    attributes = frozenset(own_attributes(ctx.context)) if cls is not None else frozenset()
    if sizes is not None and cls is not None and attributes:
        file = ctx.api.msg.errors.file
        if file not in _FILES or _FILES[file].tree is not ctx.api.tree:
            if len(_FILES) >= _MOST_FILES:
                _FILES.clear()
            _FILES[file] = _File(ctx.api.tree)
        _FILES[file].reports[ctx.context.line, text] = _Report(cls.fullname, attributes, frozenset(sizes))
    ctx.api.fail(text, ctx.context, code=SHAPE)


def held_back(file: str, line: int, text: str) -> bool:
    """Whether a report that mypy is about to print has the cause of one that it printed."""
    known = _FILES.get(file)
    found = known.reports.get((line, text)) if known is not None else None
    if known is None or found is None:
        return False
    for at, r in known.stand.items():
        if at != (line, text) and r.cls == found.cls and r.sizes == found.sizes and r.attributes & found.attributes:
            return True
    known.stand[line, text] = found
    return False


def own_attributes(e: Expression) -> Iterator[str]:
    """The attributes of `self` that an expression is made of."""
    if isinstance(e, MemberExpr):
        if isinstance(e.expr, NameExpr) and e.expr.name == "self":
            yield e.name
        else:
            yield from own_attributes(e.expr)
    elif isinstance(e, CallExpr):
        for part in (e.callee, *e.args):
            yield from own_attributes(part)
    elif isinstance(e, OpExpr):
        yield from own_attributes(e.left)
        yield from own_attributes(e.right)
    elif isinstance(e, IndexExpr):
        yield from own_attributes(e.base)
    elif isinstance(e, UnaryExpr):
        yield from own_attributes(e.expr)
