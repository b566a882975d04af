"""Calls of functions and methods whose annotations name sizes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mypy.nodes import ARG_STAR, ARG_STAR2, AssignmentStmt, CallExpr, Decorator, FuncDef, MemberExpr, NameExpr, OverloadedFuncDef
from mypy.types import AnyType, CallableType, Instance, TupleType, Type, UnionType, get_proper_type

from rlt.shapes import dims as D
from rlt.shapes.dims import Dim
from rlt.shapes.mypy.calls import NotUnderstood, given_arguments, scope_of, values_of
from rlt.shapes.mypy.classes import class_names
from rlt.shapes.mypy.entering import enter, is_sound
from rlt.shapes.mypy.mutations import everywhere
from rlt.shapes.mypy.renaming import has_shape, renamed
from rlt.shapes.mypy.reporting import SHAPE
from rlt.shapes.mypy.scope import CheckedScope
from rlt.shapes.mypy.settings import settings_of
from rlt.shapes.mypy.tensors import TypeMaker, checker_types, spec_of
from rlt.shapes.mypy.unification import Bindings, Unfit
from rlt.shapes.rules.problem import as_dim
from rlt.shapes.rules.tensor import TensorSpec


@dataclass
class Arguments:
    """A call's arguments as values."""

    positional: list[Any]
    keywords: dict[str, Any] = field(default_factory=dict)


def call_declared(
    declared: CallableType, inputs: Arguments, types: TypeMaker, *, skip_self: bool, built_with: dict[str, Dim]
) -> Type:
    """The result of a call in the caller's terms. Unfit where an argument is not what its annotation says."""
    parameters = list(zip(declared.arg_names, declared.arg_types, declared.arg_kinds))[int(skip_self) :]
    if any(kind in (ARG_STAR, ARG_STAR2) for _, _, kind in parameters):
        parameters = [p for p in parameters if p[2] not in (ARG_STAR, ARG_STAR2)]
    pairs = [(name or "", t, v) for (name, t, _), v in zip(parameters, inputs.positional)]
    pairs += [(name, t, inputs.keywords[name]) for name, t, _ in parameters if name in inputs.keywords]
    bindings = Bindings({k: v for k, v in built_with.items() if v is not None})
    for name, t, value in pairs:
        size = as_dim(value)
        if size is not None and _is_int(t):
            bindings.sizes.setdefault(name, size)
    for name, t, value in pairs:
        _bind(bindings, name, t, value)
    return renamed(declared.ret_type, bindings.rename, types, bindings.runs)


def _is_int(t: Type) -> bool:
    p = get_proper_type(t)
    return isinstance(p, Instance) and p.type.fullname == "builtins.int"


def _bind(bindings: Bindings, name: str, t: Type, value: Any) -> None:
    p = get_proper_type(t)
    if isinstance(p, UnionType):
        tensors = [i for i in p.items if spec_of(i) is not None]
        if len(tensors) == 1 and isinstance(value, TensorSpec):
            _bind(bindings, name, tensors[0], value)
        return
    if isinstance(p, TupleType) and isinstance(value, tuple) and len(value) == len(p.items):
        for i, (item, v) in enumerate(zip(p.items, value)):
            _bind(bindings, f"{name}[{i}]", item, v)
        return
    spec = spec_of(p)
    if spec is not None and isinstance(value, TensorSpec):
        bindings.bind(name, spec, value)


def function_of(node: Any) -> FuncDef | None:
    """The definition behind a name, without its decorators."""
    if isinstance(node, Decorator):
        node = node.func
    if isinstance(node, OverloadedFuncDef):
        return None
    return node if isinstance(node, FuncDef) else None


def declared_type(function: FuncDef | None) -> CallableType | None:
    """The annotations of a function that names sizes."""
    t = get_proper_type(function.type) if function is not None and function.type is not None else None
    if not isinstance(t, CallableType) or not (any(map(has_shape, t.arg_types)) or has_shape(t.ret_type)):
        return None
    return t


def function_hook(ctx: Any) -> Type:
    """The hook of a call of a user's function."""
    call = ctx.context
    if not isinstance(call, CallExpr) or not isinstance(call.callee, (NameExpr, MemberExpr)):
        raise NotUnderstood
    function = function_of(call.callee.node)
    declared = declared_type(function)
    if declared is None:
        return _entered(ctx, function, None)
    assert function is not None
    result = _checked(ctx, declared, function.name, skip_self=False, built_with={})
    if not has_shape(result):
        return enter(ctx, function, None, quiet=True) or result
    if _says_too_little(ctx, function, declared):
        _check_result(ctx, function, result)
    return result


def _says_too_little(ctx: Any, function: FuncDef, declared: CallableType) -> bool:
    """Whether a parameter that says `Tensor` alone is given a tensor of a known shape, and the body names no size."""
    tensors = {name for name, t in zip(declared.arg_names, declared.arg_types) if spec_of(t) is not None and not has_shape(t)}
    annotated = [s.type for s in everywhere(function.body.body) if isinstance(s, AssignmentStmt) and s.type is not None]
    if not tensors or any(map(has_shape, annotated)):
        return False
    given = given_arguments(ctx)
    names = [g.name or (declared.arg_names[i] if i < len(declared.arg_names) else None) for i, g in enumerate(given)]
    return any(name in tensors and has_shape(g.type) for name, g in zip(names, given))


def _check_result(ctx: Any, function: FuncDef, declared: Type) -> None:
    """What the body makes of all that a call hands in, against what it says that it gives, in the caller's names."""
    if not is_sound(ctx, function):
        return  # the body's own report is enough
    got, wanted = spec_of(enter(ctx, function, None)), spec_of(declared)
    if got is None or wanted is None or got.rank is None or wanted.rank is None:
        return
    if got.rank != wanted.rank or any(map(D.differ, got.dims, wanted.dims)):
        ctx.api.fail(f"{function.name} gives {got} of these arguments, but declares {wanted}", ctx.context, code=SHAPE)


def method_hook(ctx: Any) -> Type:
    """The hook of a call of a user's method."""
    call, owner = ctx.context, get_proper_type(ctx.type)
    if isinstance(owner, TupleType) and isinstance(call, CallExpr):
        return _of_record(ctx, call, owner)
    if not isinstance(call, CallExpr) or not isinstance(owner, Instance):
        raise NotUnderstood
    symbol = owner.type.get(_method_name(call, owner))
    function = function_of(symbol.node if symbol is not None else None)
    declared = declared_type(function)
    own = is_own(call, owner, scope_of(ctx))
    if declared is None:
        return _entered(ctx, function, owner, own_names=own)
    assert function is not None
    held: dict[str, Dim] = {k: as_dim(v) for k, v in (settings_of(owner) or {}).items()}
    if own:
        held = {name: D.name(name) for name in class_names(owner.type)}
    who = f"{owner.type.name}.{function.name}"
    result = _checked(ctx, declared, who, skip_self=not function.is_static, built_with=held)
    if has_shape(result):
        return result
    return enter(ctx, function, owner, own_names=own, quiet=True) or result


def _of_record(ctx: Any, call: CallExpr, record: TupleType) -> Type:
    """A method of a NamedTuple."""
    owner = record.partial_fallback
    symbol = owner.type.get(_method_name(call, owner))
    function = function_of(symbol.node if symbol is not None else None)
    if function is None or not function.arguments or function.is_static or declared_type(function) is not None:
        raise NotUnderstood
    found = enter(ctx, function, owner, record=record)
    if found is None:
        raise NotUnderstood
    return found


def is_own(call: CallExpr, owner: Instance, scope: CheckedScope) -> bool:
    """Whether a method calls another one of the same object, in the names of its own class."""
    base = call.callee.expr if isinstance(call.callee, MemberExpr) else None
    on_self = isinstance(base, NameExpr) and base.name == "self" and scope.entered_with() is None
    return on_self and scope.cls is not None and owner.type.fullname == scope.cls.fullname


def _entered(ctx: Any, function: FuncDef | None, owner: Instance | None, *, own_names: bool = False) -> Type:
    found = enter(ctx, function, owner, own_names=own_names)
    if found is None:
        raise NotUnderstood
    return found


def _method_name(call: CallExpr, owner: Instance) -> str:
    """`forward` of `net.forward(x)`; `__call__` of `policy(x)` and of `self.policy(x)`, where owner is the policy."""
    if isinstance(call.callee, MemberExpr) and owner.type.get(call.callee.name) is not None:
        return call.callee.name
    return "__call__"


def _checked(ctx: Any, declared: CallableType, who: str, *, skip_self: bool, built_with: dict[str, Dim]) -> Type:
    types = checker_types(ctx.api)
    given = given_arguments(ctx)
    scope = scope_of(ctx, given)
    inputs = Arguments(*values_of(given, scope))
    try:
        result = call_declared(declared, inputs, types, skip_self=skip_self, built_with=built_with)
    except Unfit as unfit:
        ctx.api.fail(f"{who} {unfit}", ctx.context, code=SHAPE)
        result = call_declared(declared, Arguments([]), types, skip_self=skip_self, built_with={})
    default = get_proper_type(ctx.default_return_type)
    if has_shape(result) or isinstance(default, AnyType):
        return result
    return ctx.default_return_type


def check_only(ctx: Any, declared: CallableType, who: str) -> None:
    """Reports arguments of a constructor that its annotations refuse."""
    given = given_arguments(ctx)
    scope = scope_of(ctx, given)
    inputs = Arguments(*values_of(given, scope))
    try:
        call_declared(declared, inputs, checker_types(ctx.api), skip_self=True, built_with={})
    except Unfit as unfit:
        ctx.api.fail(f"{who} {unfit}", ctx.context, code=SHAPE)
