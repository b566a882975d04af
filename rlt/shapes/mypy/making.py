"""What an expression that makes a layer makes, read from its source: a type that remembers the layer's sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from mypy.nodes import (
    ARG_NAMED,
    ARG_POS,
    ARG_STAR,
    CallExpr,
    ConditionalExpr,
    Expression,
    FuncDef,
    NameExpr,
    RefExpr,
    TypeInfo,
    Var,
)
from mypy.types import CallableType, Instance, Type, TypeType, UnionType, get_proper_type

from rlt.shapes.mypy.chains import either
from rlt.shapes.mypy.classes import constructor
from rlt.shapes.mypy.constants import Scope, evaluate
from rlt.shapes.mypy.handing_back import handed_back
from rlt.shapes.mypy.layers import layer_name, settings_of_call
from rlt.shapes.mypy.modules import SEQUENTIAL
from rlt.shapes.mypy.renaming import only, renamed
from rlt.shapes.mypy.scope import MODULE
from rlt.shapes.mypy.sequences import given_sizes
from rlt.shapes.mypy.settings import with_settings
from rlt.shapes.mypy.signatures import function_of
from rlt.shapes.mypy.tensors import MARKS, TypeMaker, any_type, core, loose


class Reading(Scope, Protocol):
    """A scope that knows lists of layers too."""

    types: TypeMaker

    def parts(self, arguments: Any) -> list[Type] | None:
        """The layers that a container's arguments are."""


def made(e: Expression, scope: Reading) -> Type:
    """The layer that an expression is; a plain module where that is not known."""
    found = _made(e, scope)
    return scope.types.instance(MODULE) if found is None else found


def _made(e: Expression, scope: Reading) -> Type | None:
    if isinstance(e, ConditionalExpr):
        known = evaluate(e.cond, scope)
        if isinstance(known, bool):
            return _made(e.if_expr if known else e.else_expr, scope)
        return either([[made(e.if_expr, scope)], [made(e.else_expr, scope)]], scope.types)
    if not isinstance(e, CallExpr):
        return None
    given = handed_back(e)
    if given is not None:
        return _made(given, scope)
    node = e.callee.node if isinstance(e.callee, RefExpr) else None
    found: Instance | None = None
    if isinstance(node, TypeInfo):
        found = _constructed(e, node, scope)
    elif isinstance(node, FuncDef) or function_of(node) is not None:
        return returned(function_of(node), _arguments(e, scope), scope.types, e)
    elif not e.args and _makes_modules(e.callee):
        return scope.types.instance(MARKS + "Same")
    if found is not None:
        found.line, found.column = e.line, e.column
    return found


def _constructed(e: CallExpr, info: TypeInfo, scope: Reading) -> Instance | None:
    types, name = scope.types, layer_name(info.fullname)
    if info.fullname == SEQUENTIAL:
        parts = scope.parts(zip(e.args, e.arg_kinds))
        return None if parts is None else Instance(info, [loose(types.tuple(parts))])
    if not info.has_base(MODULE) or not all(k in (ARG_POS, ARG_NAMED) for k in e.arg_kinds):
        return None
    positional = [evaluate(a, scope) for a, n in zip(e.args, e.arg_names) if n is None]
    keywords = {n: evaluate(a, scope) for a, n in zip(e.args, e.arg_names) if n is not None}
    if name is not None:
        return with_settings(Instance(info, [any_type()]), settings_of_call(name, positional, keywords), types)
    if len(info.type_vars) != 1:
        return Instance(info, []) if not info.type_vars else None
    parameters, defaults = constructor(info)
    known = given_sizes(parameters, {**defaults, **given_to_constructor(info, positional), **keywords})
    return with_settings(Instance(info, [any_type()]), known, types) if known else Instance(info, [any_type()])


def _makes_modules(callee: Expression) -> bool:
    """Whether a callee without arguments is some class of modules: `kind()`, `activation(name)()`.

    What knows no size keeps the size of what comes in.
    """
    declared: Any = None
    if isinstance(callee, NameExpr) and isinstance(callee.node, Var):
        declared = callee.node.type
    elif isinstance(callee, CallExpr) and isinstance(callee.callee, RefExpr):
        function = function_of(callee.callee.node)
        of = get_proper_type(function.type) if function is not None and function.type is not None else None
        declared = of.ret_type if isinstance(of, CallableType) else None
    t = get_proper_type(declared) if declared is not None else None
    gives = t.item if isinstance(t, TypeType) else t.ret_type if isinstance(t, CallableType) else None
    p = get_proper_type(gives) if gives is not None else None
    return isinstance(p, Instance) and p.type.fullname == MODULE


# ------------------------------------------------------------------------------------------- functions that build


def _arguments(e: CallExpr, scope: Reading) -> dict[str, Any]:
    function = function_of(e.callee.node) if isinstance(e.callee, RefExpr) else None
    return {} if function is None else handed_in(e, function, scope) or {}


def handed_in(e: CallExpr, function: FuncDef, scope: Scope, depth: int = 0) -> dict[str, Any] | None:
    """What a call's arguments are worth, by parameter; None for a call with stars."""
    if not all(k in (ARG_POS, ARG_NAMED) for k in e.arg_kinds):
        return None
    positional = [evaluate(a, scope, depth) for a, n in zip(e.args, e.arg_names) if n is None]
    keywords = {n: evaluate(a, scope, depth) for a, n in zip(e.args, e.arg_names) if n is not None}
    return {**by_name(function, positional), **keywords}


def given_to_constructor(info: TypeInfo, positional: list[Any]) -> dict[str, Any]:
    """The same for the construction of a class."""
    symbol = info.get("__init__")
    init = function_of(symbol.node) if symbol is not None else None
    return dict(zip(constructor(info)[0], positional)) if init is None else by_name(init, positional, of_object=True)


def by_name(function: FuncDef, positional: list[Any], *, of_object: bool = False) -> dict[str, Any]:
    """Positional arguments by parameter, those of `*sizes` together."""
    named: dict[str, Any] = {}
    for at, parameter in enumerate(function.arguments[int(of_object) :][: len(positional)]):
        if parameter.kind == ARG_STAR:
            return {**named, parameter.variable.name: tuple(positional[at:])}
        named[parameter.variable.name] = positional[at]
    return named


def returned(function: FuncDef | None, values: Mapping[str, Any], types: TypeMaker, place: Any) -> Type | None:
    """What a call of a function that builds gives; None where its result says nothing of what it builds."""
    declared = get_proper_type(function.type) if function is not None and function.type is not None else None
    if not isinstance(declared, CallableType) or not is_built(declared.ret_type):
        return None
    return _opened(declared.ret_type, values, types, place)


def wrapped(t: Type, types: TypeMaker) -> Type:
    """A layer as the result of the function that builds it: closed, as its sizes are in that function's names."""
    p = get_proper_type(t)
    if isinstance(p, Instance) and len(p.args) == 1 and core(p.args[0]) is not None:
        return Instance(p.type, [loose(types.instance(MARKS + "Built", [p.args[0]]))], line=p.line, column=p.column)
    return t


def is_built(t: Type) -> bool:
    """Whether a function's result says what it builds."""
    p = get_proper_type(t)
    if isinstance(p, UnionType):
        return any(map(is_built, p.items))
    held = core(p.args[0]) if isinstance(p, Instance) and len(p.args) == 1 else None
    return isinstance(held, Instance) and held.type.fullname == MARKS + "Built"


def _opened(t: Type, values: Mapping[str, Any], types: TypeMaker, place: Any) -> Type:
    p = get_proper_type(t)
    if isinstance(p, UnionType):
        return UnionType([_opened(i, values, types, place) for i in p.items])
    if not isinstance(p, Instance) or not is_built(p):
        return t
    held = core(p.args[0])
    opened = renamed(Instance(p.type, list(held.args)), only(values), types, {})
    assert isinstance(opened, Instance)
    opened.line, opened.column = place.line, place.column
    return opened
