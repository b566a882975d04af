"""Constructors: layers, `nn.Parameter`, and users' networks, which remember the sizes that they are given."""

from __future__ import annotations

from typing import Any

from mypy.nodes import CallExpr, MemberExpr, NameExpr, TypeInfo
from mypy.types import CallableType, Instance, TupleType, Type, get_proper_type

from rlt.shapes.mypy import builders, layers, modules, signatures
from rlt.shapes.mypy.calls import NotUnderstood, given_arguments, scope_of, values_of
from rlt.shapes.mypy.classes import constructor
from rlt.shapes.mypy.handing_back import handed_back, is_layer
from rlt.shapes.mypy.making import given_to_constructor
from rlt.shapes.mypy.records import made_with
from rlt.shapes.mypy.scope import MODULE
from rlt.shapes.mypy.sequences import given_sizes
from rlt.shapes.mypy.settings import settings_of, with_settings
from rlt.shapes.mypy.targets import accepting_others, as_stored, stored_once
from rlt.shapes.mypy.tensors import PARAMETERS, checker_types, spec_of


def layer(ctx: Any) -> Type:
    """`nn.Linear(784, 10)`: unless the name that it is stored under holds other layers too."""
    t = layers.construct(ctx)
    return t if stored_once(ctx.api, ctx.context) else ctx.default_return_type


def parameter(ctx: Any) -> Type:
    """`nn.Parameter(x)` is a tensor like x."""
    t = get_proper_type(ctx.default_return_type)
    given = given_arguments(ctx)
    spec = spec_of(given[0].type) if given else None
    if spec is None or not isinstance(t, Instance) or t.type.fullname not in PARAMETERS or len(t.args) != 3:
        return ctx.default_return_type
    types = checker_types(ctx.api)
    like = types.tensor(spec)
    made = Instance(t.type, list(like.args), line=ctx.context.line, column=ctx.context.column)
    if not stored_once(ctx.api, ctx.context):
        return ctx.default_return_type
    return accepting_others(made)


def user_call(ctx: Any) -> Type:
    """A call of a user's function, or the construction of a user's network."""
    call = ctx.context
    if isinstance(call, CallExpr) and isinstance(call.callee, (NameExpr, MemberExpr)):
        node = call.callee.node
        if isinstance(node, TypeInfo):
            return _constructed(ctx, node)
        given = given_back(ctx)
        if given is not None:
            return given
        built = builders.built(ctx, node)
        if built is not None:
            return built if stored_once(ctx.api, call) else ctx.default_return_type
    return as_stored(ctx.api, call, signatures.function_hook(ctx), checker_types(ctx.api))


def given_back(ctx: Any) -> Type | None:
    """The type of the layer that a call gives back as it was; None for other calls."""
    e = handed_back(ctx.context)
    t = scope_of(ctx, given_arguments(ctx)).type_of(e) if e is not None else None
    return t if is_layer(t) and stored_once(ctx.api, ctx.context) else None


def torchs_own(ctx: Any) -> Type:
    """`spectral_norm(nn.Linear(3, 4))` is that layer."""
    given = given_back(ctx)
    return ctx.default_return_type if given is None else given


def _constructed(ctx: Any, cls: TypeInfo) -> Type:
    t = get_proper_type(ctx.default_return_type)
    if isinstance(t, TupleType) and t.partial_fallback.type is cls:  # NamedTuple
        return _record(ctx, t, cls)
    if not isinstance(t, Instance) or t.type is not cls:
        raise NotUnderstood
    if not cls.has_base(MODULE) or len(t.args) != 1:
        return _record(ctx, t, cls)
    parameters, defaults = constructor(cls)
    try:
        given = given_arguments(ctx)
        positional, keywords = values_of(given, scope_of(ctx, given), runs=True)
    except NotUnderstood:
        return t
    known = given_sizes(parameters, {**defaults, **given_to_constructor(cls, positional), **keywords})
    if not known or not stored_once(ctx.api, ctx.context):
        return t
    made = with_settings(t, known, checker_types(ctx.api))
    made.line = ctx.context.line
    return made


def _record(ctx: Any, t: Type, cls: TypeInfo) -> Type:
    """A dataclass or NamedTuple of tensors: each field against its annotation, names shared between them."""
    made_by = "__new__" if cls.is_named_tuple else "__init__"
    method = cls.get_method(made_by)
    declared = get_proper_type(method.type) if method is not None and method.type is not None else None
    if not isinstance(declared, CallableType):
        raise NotUnderstood
    signatures.check_only(ctx, declared, cls.name)
    return made_with(t, cls, given_arguments(ctx)) if isinstance(t, TupleType) else t


def module_call(ctx: Any) -> Type:
    """`net(x)`, or a call of another object whose `__call__` is annotated."""
    t = get_proper_type(ctx.type)
    if not isinstance(t, Instance) or not t.type.has_base(MODULE):
        return signatures.method_hook(ctx)
    return as_stored(ctx.api, ctx.context, modules.call_hook(ctx), checker_types(ctx.api))


def torch_module_method(ctx: Any) -> Type:
    """`net.to(device)`, `net.eval()`: the same network, its sizes kept."""
    t = get_proper_type(ctx.type)
    if isinstance(t, Instance) and t.type.has_base(MODULE) and settings_of(t) is not None:
        return t
    return ctx.default_return_type
