"""The arguments of a call as the rules want them: tensors as what is known of them, the rest as values."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mypy.nodes import (
    ARG_STAR,
    ARG_STAR2,
    CallExpr,
    Expression,
    GeneratorExpr,
    IndexExpr,
    ListComprehension,
    ListExpr,
    NameExpr,
    StarExpr,
    TupleExpr,
)
from mypy.types import Instance, LiteralType, NoneType, TupleType, Type, get_proper_type

from rlt.shapes.dims import Dim
from rlt.shapes.mypy.classes import latest
from rlt.shapes.mypy.collected import collected
from rlt.shapes.mypy.constants import evaluate
from rlt.shapes.mypy.displays import listed
from rlt.shapes.mypy.mutations import unchanged
from rlt.shapes.mypy.scope import CheckedScope, local_assignments
from rlt.shapes.mypy.sequences import Sizes
from rlt.shapes.mypy.tensors import TypeMaker, any_type, spec_of
from rlt.shapes.rules.problem import UNKNOWN, as_dim, is_unknown
from rlt.shapes.rules.tensor import TensorSpec


class NotUnderstood(Exception):
    """A call that is not followed: its result is unknown."""


@dataclass(frozen=True, slots=True)
class Given:
    """One argument as it stands in the call."""

    name: str | None
    expression: Expression
    type: Type
    starred: bool = False


def given_arguments(ctx: Any) -> list[Given]:
    """A call's arguments in the order of the source. NotUnderstood where `**kwargs` hide some."""
    types: dict[Expression, Type] = {}
    flat: list[Given] = []
    for expressions, arg_types, names, kinds in zip(ctx.args, ctx.arg_types, ctx.arg_names, ctx.arg_kinds):
        for e, t, name, kind in zip(expressions, arg_types, names, kinds):
            if kind == ARG_STAR2:
                raise NotUnderstood
            types[e] = t
            flat.append(Given(name, e, t, kind == ARG_STAR))
    call = ctx.context
    if isinstance(call, CallExpr) and all(e in types for e in call.args) and len(call.args) == len(types):
        return [Given(n, e, types[e], k == ARG_STAR) for n, e, k in zip(call.arg_names, call.args, call.arg_kinds)]
    return flat


def values_of(given: Iterable[Given], scope: CheckedScope, *, runs: bool = False) -> tuple[list[Any], dict[str, Any]]:
    """Positional and keyword arguments as values; `*sizes` spread where its items are known, else NotUnderstood.

    `runs`: sequences of unknown length are values too.
    """
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    for g in given:
        value = value_of(g.expression, g.type, scope, runs=runs)
        if g.starred:
            if not isinstance(value, (tuple, list)):
                raise NotUnderstood
            positional.extend(value)
        elif g.name is None:
            positional.append(value)
        else:
            keywords[g.name] = value
    return positional, keywords


def scope_of(ctx: Any, arguments: Iterable[Given] = ()) -> CheckedScope:
    return CheckedScope(ctx.api, {g.expression: g.type for g in arguments})


def value_of(e: Expression, t: Type | None, scope: CheckedScope, *, runs: bool = False) -> Any:
    """A TensorSpec, a number, a tuple or list of these, None, or UNKNOWN; with `runs` a `Sizes` too."""
    p = get_proper_type(t) if t is not None else None
    spec = spec_of(p)
    if spec is not None:
        return spec
    if isinstance(p, NoneType):
        return None
    if isinstance(e, (ListExpr, TupleExpr)) and not any(isinstance(i, StarExpr) for i in e.items):
        types = p.items if isinstance(p, TupleType) and len(p.items) == len(e.items) else [None] * len(e.items)
        items = [value_of(i, it if it is not None else scope.type_of(i), scope) for i, it in zip(e.items, types)]
        return items if isinstance(e, ListExpr) else tuple(items)
    if isinstance(p, Instance) and p.type.fullname in _SEQUENCES and p.args:
        each = spec_of(p.args[0])
        if isinstance(e, (ListComprehension, GeneratorExpr)):  # what the callee expects hides what the items are
            generator = e.generator if isinstance(e, ListComprehension) else e
            each = spec_of(scope.type_of(generator.left_expr)) or each
        if each is not None:
            found = collected(e, scope)
            if found is not None:
                return Many(*found)
            items = listed(e, scope) if isinstance(e, NameExpr) else None
            if items and not any(isinstance(i, StarExpr) for i in items):
                return [value_of(i, scope.type_of(i), scope) for i in items]
            return Many(each, number_of(e, scope))
    value = evaluate(e, scope)
    if value is not UNKNOWN and (runs or not isinstance(value, Sizes)):
        return value
    return _value_of_type(p)


@dataclass(frozen=True, slots=True)
class Many:
    """A list of `count` tensors, each like `each`."""

    each: TensorSpec
    count: Dim = None


def number_of(e: Expression, scope: CheckedScope) -> Dim:
    """How many items a comprehension has: over `range(n)`, or over another comprehension."""
    if isinstance(e, NameExpr) and scope.functions:
        function = scope.functions[-1]
        found = latest(local_assignments(function), e.name, e.line)
        whole = found and found.index is None and unchanged(e.name, function.body.body)
        return number_of(found.value, scope) if whole and isinstance(found.value, ListComprehension) else None
    generator = e.generator if isinstance(e, ListComprehension) else e
    if not isinstance(generator, GeneratorExpr) or len(generator.sequences) != 1 or any(generator.condlists):
        return None
    over = generator.sequences[0]
    counted = isinstance(over, CallExpr) and isinstance(over.callee, NameExpr) and over.callee.name == "range"
    if counted and isinstance(over, CallExpr) and len(over.args) == 1:
        return as_dim(evaluate(over.args[0], scope))
    return number_of(over, scope)


_SEQUENCES = ("builtins.list", "builtins.tuple", "typing.Sequence", "typing.Iterable")


def _value_of_type(p: Any) -> Any:
    if isinstance(p, TupleType):
        items = [get_proper_type(i) for i in p.items]
        return tuple(s if (s := spec_of(i)) is not None else _value_of_type(i) for i in items)
    if isinstance(p, LiteralType) and not isinstance(p.value, (bytes, type(None))):
        return p.value
    if isinstance(p, Instance) and p.type.fullname == "builtins.float":
        return float("nan")  # the kind counts in promotion, the value in nothing
    if isinstance(p, NoneType):
        return None
    return UNKNOWN


_IRRELEVANT = {"out", "inplace", "memory_format", "requires_grad", "generator", "pin_memory", "layout",
               "non_blocking", "copy", "training", "_stacklevel", "names", "size_average", "reduce"}  # fmt: skip
_RENAMED = {"axis": "dim", "axes": "dims", "self": "input"}


@lru_cache(maxsize=1024)
def _signature(rule: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(rule)


def apply(rule: Callable[..., Any], positional: list[Any], keywords: Mapping[str, Any]) -> Any:
    """The rule's answer. NotUnderstood where the arguments are not those that the rule knows."""
    signature = _signature(rule)
    takes_any = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())
    named: dict[str, Any] = {}
    for key, value in keywords.items():
        word = key if key in signature.parameters or takes_any else _RENAMED.get(key, key)
        if word in signature.parameters or takes_any:
            named[word] = value
        elif key not in _IRRELEVANT:
            raise NotUnderstood
    try:
        bound = signature.bind(*positional, **named)
    except TypeError:
        raise NotUnderstood from None
    try:
        return rule(*bound.args, **bound.kwargs)
    except (AttributeError, TypeError):  # a rule that wanted a tensor or a number where the value is not known
        if is_unknown(*bound.args, *bound.kwargs.values()):
            raise NotUnderstood from None
        raise


def type_of_result(result: Any, default: Type, types: TypeMaker) -> Type:
    """A rule's answer as a type; `default` where it says nothing."""
    p = get_proper_type(default)
    if isinstance(result, TensorSpec):
        return types.tensor(result)
    if isinstance(result, tuple):
        of = p.items if isinstance(p, TupleType) and len(p.items) == len(result) else [any_type()] * len(result)
        items = [type_of_result(r, d, types) for r, d in zip(result, of)]
        fallback = p.partial_fallback if isinstance(p, TupleType) else None
        named = fallback is not None and fallback.type.fullname != "builtins.tuple"
        return types.tuple(items, fallback if named else None)
    if isinstance(result, list):  # any number of alike tensors
        if result and all(isinstance(r, TensorSpec) for r in result):
            return types.instance("builtins.tuple", [types.tensor(result[0])])
        return default
    return default


def name_of(e: Expression) -> str:
    """A short way to write an expression in a message; empty where it is long."""
    if isinstance(e, NameExpr):
        return e.name
    if isinstance(e, IndexExpr):
        return ""
    if hasattr(e, "expr") and hasattr(e, "name") and isinstance(e.expr, NameExpr):
        return f"{e.expr.name}.{e.name}"
    return ""
