"""`x[...]` and `x[...] = y`."""

from __future__ import annotations

from typing import Any

from mypy.nodes import EllipsisExpr, Expression, NameExpr, SliceExpr, TupleExpr
from mypy.types import Instance, NoneType, Type, UnionType, get_proper_type

from rlt.shapes import dims as D
from rlt.shapes.mypy.calls import given_arguments, name_of, scope_of, value_of
from rlt.shapes.mypy.constants import evaluate
from rlt.shapes.mypy.reporting import SHAPE, operator_problem
from rlt.shapes.mypy.scope import CheckedScope
from rlt.shapes.mypy.tensors import checker_types, spec_of
from rlt.shapes.rules.broadcasting import broadcast_shapes
from rlt.shapes.rules.indexing import getitem
from rlt.shapes.rules.problem import UNKNOWN, Problem
from rlt.shapes.rules.tensor import TensorSpec

_SOME_INDEX = D.name("index")
"""An integer whose value is not known."""


def _item(e: Expression, scope: CheckedScope) -> Any:
    if isinstance(e, EllipsisExpr):
        return ...
    if isinstance(e, NameExpr) and e.name == "None":
        return None
    if isinstance(e, SliceExpr):
        bounds = (e.begin_index, e.end_index, e.stride)
        return slice(*(None if b is None else evaluate(b, scope) for b in bounds))
    t = scope.type_of(e)
    p = get_proper_type(t) if t is not None else None
    if isinstance(p, NoneType):
        return None
    value = value_of(e, t, scope)
    if value is UNKNOWN and isinstance(p, Instance) and p.type.fullname == "builtins.int":
        return _SOME_INDEX
    if isinstance(value, (int, D.Sym, TensorSpec)):
        return value
    return value if isinstance(value, (list, tuple)) and value and UNKNOWN not in value else UNKNOWN


def _index(e: Expression, scope: CheckedScope) -> Any:
    if isinstance(e, TupleExpr):
        return tuple(_item(i, scope) for i in e.items)
    item = _item(e, scope)
    return UNKNOWN if isinstance(item, tuple) else item


def get(ctx: Any) -> Type:
    """The hook of `x[index]`."""
    owner = spec_of(ctx.type)
    given = given_arguments(ctx)
    if owner is None or len(given) != 1:
        return ctx.default_return_type
    index = _index(given[0].expression, scope_of(ctx, given))
    types = checker_types(ctx.api)
    try:
        return types.tensor(getitem(owner, index))
    except Problem as problem:
        if not _may_be_another(ctx):
            ctx.api.fail(operator_problem(problem, "indexing", _written(ctx)), ctx.context, code=SHAPE)
        return types.unknown_tensor()


def rows(ctx: Any) -> Type:
    """The hook of `for row in x`."""
    owner = spec_of(ctx.type)
    if owner is None or (owner.rank is not None and owner.rank < 2):  # numbers, which people use as Python's
        return ctx.default_return_type
    types = checker_types(ctx.api)
    try:
        each = types.tensor(getitem(owner, _SOME_INDEX))
    except Problem as problem:
        ctx.api.fail(operator_problem(problem, "iteration"), ctx.context, code=SHAPE)
        each = types.unknown_tensor()
    return types.instance("typing.Iterator", [each])


def put(ctx: Any) -> Type:
    """The hook of `x[index] = value`: the value must broadcast to the place, never the other way round."""
    owner = spec_of(ctx.type)
    given = given_arguments(ctx)
    if owner is None or len(given) != 2:
        return ctx.default_return_type
    scope = scope_of(ctx, given)
    value = value_of(given[1].expression, given[1].type, scope)
    try:
        place = getitem(owner, _index(given[0].expression, scope))
        if isinstance(value, TensorSpec):
            _need_place(place, value)
    except Problem as problem:
        ctx.api.fail(operator_problem(problem, "assigning to an index", _written(ctx)), ctx.context, code=SHAPE)
    return ctx.default_return_type


def _need_place(place: TensorSpec, value: TensorSpec) -> None:
    if place.rank is None or value.rank is None:
        return
    both = broadcast_shapes(place.shape, value.shape)
    trimmed = both.dims[-place.rank :] if place.rank else ()
    if any(d != 1 for d in both.dims[: len(both.dims) - place.rank]) or any(
        D.differ(a, b) for a, b in zip(trimmed, place.dims)
    ):
        raise Problem(f"a value that broadcasts to {place.shape}", str(value.shape))


def _may_be_another(ctx: Any) -> bool:
    """Whether the indexed tensor is one of several that mypy asks about in turn."""
    base = getattr(ctx.context, "base", None)
    t = CheckedScope(ctx.api).type_of(base) if base is not None else None
    return isinstance(get_proper_type(t), UnionType) if t is not None else False


def _written(ctx: Any) -> str:
    return name_of(ctx.context.base) if hasattr(ctx.context, "base") else ""


HOOKS = {"__getitem__": get, "__setitem__": put, "__iter__": rows}
