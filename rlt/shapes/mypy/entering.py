"""Calls of functions that say `Tensor` and no shape: their bodies are checked with what the call hands in.

    def split_heads(x: Tensor, heads: int) -> Tensor:
        b, t, d = x.shape
        return x.view(b, t, heads, d // heads)

`split_heads(q, 8)` with `q` of shape (b, t, 64) is (b, t, 8, 8). A copy of the body is checked as mypy checks a function whose
type variables have values; sizes of the object that a method belongs to are those that it was built with, in the caller's
names. What does not fit is told where it stands in the body, or at the call where the same body has fitted another call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from mypy.nodes import (
    ARG_POS,
    Argument,
    CallExpr,
    Context,
    Decorator,
    Expression,
    FuncDef,
    FuncItem,
    RefExpr,
    ReturnStmt,
    TypeInfo,
)
from mypy.treetransform import TransformVisitor
from mypy.types import AnyType, CallableType, Instance, TupleType, Type, TypeOfAny, get_proper_type

from rlt.shapes.mypy.branches import taken, undecided
from rlt.shapes.mypy.calls import given_arguments, scope_of, value_of
from rlt.shapes.mypy.mutations import everywhere
from rlt.shapes.mypy.renaming import has_shape
from rlt.shapes.mypy.reporting import SHAPE
from rlt.shapes.mypy.scope import ENTERED, CheckedScope, Entered
from rlt.shapes.mypy.settings import settings_of
from rlt.shapes.mypy.targets import accepting_others
from rlt.shapes.mypy.tensors import spec_of
from rlt.shapes.rules.problem import UNKNOWN, as_dim

_DEEPEST = 4
"""Calls within calls that are followed."""
_LONGEST = 60
"""Lines of a body that is followed: what is longer has annotations of its own, or cannot be helped."""
_MOST_KEPT = 1000


@dataclass
class _Visit:
    """What came of checking a body with the arguments of one call."""

    result: Type | None
    problem: str = ""
    line: int = 0
    at_call: bool = False
    """The body has fitted another call before: then this one is at fault."""


@dataclass
class _History:
    """Of one function."""

    fitted: bool = False
    blamed: dict[int, int] = field(default_factory=dict)
    """For each line of the body with a mistake, the line of the first call that showed it."""


_VISITS: dict[Any, _Visit] = {}
_HISTORIES: dict[FuncDef, _History] = {}
_ACTIVE: list[FuncDef] = []


def enter(
    ctx: Any,
    function: FuncDef | None,
    owner: Instance | None,
    *,
    own_names: bool = False,
    quiet: bool = False,
    record: TupleType | None = None,
) -> Type | None:
    """The result of a call of `function`, None where it is not followed or nothing comes of it.

    `owner` is the object whose method it is, `record` the same where it is a NamedTuple of known tensors. `own_names`: the
    caller is a method of the same object. `quiet`: mistakes in the body have been told, as its arguments are declared.
    """
    if function is None or not _can_be_entered(ctx.api, function):
        return None
    if own_names and owner is not None and _is_overridden(ctx.api, owner, function.name):
        return None
    bound = _bound(ctx, function, skip_self=owner is not None and not function.is_static)
    if bound is not None and record is not None:
        bound = {function.arguments[0].variable.name: (record, UNKNOWN), **bound}
    return None if bound is None else _followed(ctx, function, owner, own_names, bound, quiet)


def is_sound(ctx: Any, function: FuncDef) -> bool:
    """Whether the body of a function fits its own annotations, as far as they say something."""
    if not _can_be_entered(ctx.api, function):
        return False
    unknown = AnyType(TypeOfAny.unannotated)
    said = {a.variable.name: (a.variable.type or unknown, UNKNOWN) for a in function.arguments}
    return not _visit(ctx, function, None, False, said).problem


def enter_forward(ctx: Any, network: Instance, x: Type) -> Type | None:
    """The same for a network that a container calls with one tensor: in the line of a Sequential, say.

    Refused (`rlt.shapes.mypy.modules`) where that is a Sequential of a class of its own and does not fit.
    """
    from rlt.shapes.mypy.subclasses import is_sequential, through

    if is_sequential(network.type):
        return through(ctx.api, network, x, partial(enter_forward, ctx))
    symbol = network.type.get("forward")
    function = symbol.node if symbol is not None else None
    if not isinstance(function, FuncDef) or not _can_be_entered(ctx.api, function) or len(function.arguments) < 2:
        return None
    scope = CheckedScope(ctx.api)
    bound: dict[str, tuple[Type, Any]] = {function.arguments[1].variable.name: (x, UNKNOWN)}
    for parameter in function.arguments[2:]:
        if parameter.kind.is_star() or parameter.initializer is None:
            return None
        bound[parameter.variable.name] = _default(parameter, scope)
    return _followed(ctx, function, network, False, bound, False)


def _followed(
    ctx: Any, function: FuncDef, owner: Instance | None, own_names: bool, bound: dict[str, tuple[Type, Any]], quiet: bool
) -> Type | None:
    told = any(has_shape(t) for t, _ in bound.values())
    if not told and not (_gives_tensors(function) and any(as_dim(value) is not None for _, value in bound.values())):
        return None
    visit = _visit(ctx, function, owner, own_names, bound)
    if visit.problem and not quiet:
        _tell(ctx, function, visit)
    return visit.result


def _visit(ctx: Any, function: FuncDef, owner: Instance | None, own_names: bool, bound: dict[str, tuple[Type, Any]]) -> _Visit:
    values = {name: value for name, (_, value) in bound.items() if value is not UNKNOWN}
    key = (function, own_names, str(owner), tuple((n, str(t)) for n, (t, _) in bound.items()), repr(values))
    visit = _VISITS.get(key)
    if visit is None:
        if len(_VISITS) >= _MOST_KEPT:
            _VISITS.clear()
        visit = _VISITS[key] = _visited(ctx.api, function, owner, own_names, {n: t for n, (t, _) in bound.items()}, values)
        history = _HISTORIES.setdefault(function, _History())
        visit.at_call = history.fitted
        history.fitted |= visit.result is not None and not visit.problem
    return visit


def _gives_tensors(function: FuncDef) -> bool:
    """Whether it says that it makes a tensor, or several."""
    declared = get_proper_type(function.type) if function.type is not None else None
    t = get_proper_type(declared.ret_type) if isinstance(declared, CallableType) else None
    return any(spec_of(i) is not None for i in (t.items if isinstance(t, TupleType) else [t]))


def _tell(ctx: Any, function: FuncDef, visit: _Visit) -> None:
    if visit.at_call:
        where = f"{function.info.name}.{function.name}" if function.info else function.name
        ctx.api.fail(f"{visit.problem} (in {where}, line {visit.line})", ctx.context, code=SHAPE)
        return
    first = _HISTORIES[function].blamed.setdefault(visit.line, ctx.context.line)
    ctx.api.fail(f"{visit.problem} (called on line {first})", Context(visit.line, 0), code=SHAPE)


def _can_be_entered(api: Any, function: FuncDef) -> bool:
    lines = (function.end_line or function.line) - function.line
    name, file = function.fullname, api.tree.fullname  # of a function or of a class's method
    here = name.startswith(file + ".") and name.count(".") - file.count(".") <= 2
    plain = not (function.is_generator or function.is_coroutine or function.is_class) and _decorated_in_name_only(api, function)
    return (
        here and plain and bool(function.body.body) and lines <= _LONGEST and len(_ACTIVE) < _DEEPEST and function not in _ACTIVE
    )


def _decorated_in_name_only(api: Any, function: FuncDef) -> bool:
    """Whether no decorator changes what a call gives: `@staticmethod`, `@torch.no_grad()`, `@rlt.typed`."""
    if not function.is_decorated:
        return True
    symbol = (function.info.names if function.info else api.tree.names).get(function.name)
    node = symbol.node if symbol is not None else None
    if not isinstance(node, Decorator):
        return False
    names = [d.callee if isinstance(d, CallExpr) else d for d in node.decorators]
    return all(isinstance(d, RefExpr) and _HARMLESS.fullmatch(d.fullname) for d in names)


_HARMLESS = re.compile(r"(torch|rlt)\.(\w+\.)*(no_grad|inference_mode|enable_grad|typed)")


def _is_overridden(api: Any, owner: Instance, name: str) -> bool:
    """Whether a class of this file has another method in its place: then `self` may be one of that class."""
    classes = [symbol.node for symbol in api.tree.names.values() if isinstance(symbol.node, TypeInfo)]
    return any(c is not owner.type and owner.type in c.mro and name in c.names for c in classes)


def _bound(ctx: Any, function: FuncDef, *, skip_self: bool) -> dict[str, tuple[Type, Any]] | None:
    """For each parameter that is given or has a default, the argument's type and value; None for calls with stars."""
    parameters = function.arguments[1:] if skip_self else function.arguments
    given = given_arguments(ctx)
    if any(p.kind.is_star() for p in parameters) or any(g.starred for g in given) or len(given) > len(parameters):
        return None
    scope = scope_of(ctx, given)
    bound: dict[str, tuple[Type, Any]] = {}
    for i, parameter in enumerate(parameters):
        name = parameter.variable.name
        g = given[i] if i < len(given) and given[i].name is None else next((g for g in given if g.name == name), None)
        if g is not None:
            bound[name] = g.type, UNKNOWN if has_shape(g.type) else value_of(g.expression, g.type, scope)
        elif parameter.initializer is not None:
            bound[name] = _default(parameter, scope)
    return bound


def _default(parameter: Argument, scope: CheckedScope) -> tuple[Type, Any]:
    assert parameter.initializer is not None
    declared = parameter.variable.type or AnyType(TypeOfAny.unannotated)
    return declared, value_of(parameter.initializer, None, scope)


def _visited(
    api: Any, function: FuncDef, owner: Instance | None, own_names: bool, types: dict[str, Type], values: dict[str, Any]
) -> _Visit:
    copy = TransformVisitor().node(function)
    assert isinstance(copy, FuncDef)
    declared = get_proper_type(function.type) if function.type is not None else None
    if not isinstance(declared, CallableType):
        declared = _unannotated(api, function)
    given = list(declared.arg_types)
    for i, argument in enumerate(function.arguments):
        t = types.get(argument.variable.name)
        if t is not None and has_shape(t):
            given[i] = accepting_others(t)  # the body may use the name for something else afterwards
        elif i == 0 and owner is not None and argument.kind == ARG_POS and not function.is_static:
            given[0] = owner
    held = None if owner is None or own_names else settings_of(owner) or {}
    ENTERED[copy] = Entered(values, held)
    _ACTIVE.append(function)
    deferred = len(api.deferred_nodes)
    try:
        with _alone(api, owner), api.msg.filter_errors(save_filtered_errors=True) as watcher:
            taken(copy.body.body, _inside(api, copy, owner))
            api.check_func_item(copy, type_override=declared.copy_modified(arg_types=given))
        if len(api.deferred_nodes) > deferred:
            del api.deferred_nodes[deferred:]
            return _Visit(None)
        problems = [e for e in watcher.filtered_errors() if e.code is not None and e.code.code == SHAPE.code]
        if problems:
            unsure = undecided(copy.body.body)
            certain = next((e for e in problems if e.line not in unsure), None)
            return _Visit(None) if certain is None else _Visit(None, certain.message, certain.line)
        return _Visit(_returned(api, copy))
    finally:
        _ACTIVE.pop()
        del ENTERED[copy]


def _inside(api: Any, copy: FuncDef, owner: Instance | None) -> CheckedScope:
    scope = CheckedScope(api)
    scope.functions, scope.cls = [copy], None if owner is None else owner.type
    return scope


def _unannotated(api: Any, function: FuncDef) -> CallableType:
    unknown = AnyType(TypeOfAny.unannotated)
    parameters = [(a.kind, a.variable.name) for a in function.arguments]
    return CallableType(
        [unknown for _ in parameters],
        [kind for kind, _ in parameters],
        [name for _, name in parameters],
        unknown,
        api.named_type("builtins.function"),
    )


def _returned(api: Any, copy: FuncItem) -> Type | None:
    statements = everywhere(copy.body.body, reached=True)
    found: list[Expression] = [s.expr for s in statements if isinstance(s, ReturnStmt) and s.expr is not None]
    types = [t for t in map(api.lookup_type_or_none, found) if t is not None]
    same = bool(types) and all(str(t) == str(types[0]) for t in types)
    return types[0] if same and has_shape(types[0]) else None


@contextmanager
def _alone(api: Any, owner: Instance | None) -> Iterator[None]:
    """The scope of a function or method of this file, not that of the call."""
    stack = api.scope.stack
    before = list(stack)
    stack[:] = [api.tree] if owner is None else [api.tree, owner.type]
    try:
        yield
    finally:
        stack[:] = before
