"""Layers of torch.nn: which classes have a rule, what a constructor call settles, what a call of the layer gives."""

from __future__ import annotations

from typing import Any

from mypy.types import Instance, Type, get_proper_type

from rlt.shapes.mypy.calls import NotUnderstood, given_arguments, scope_of, values_of
from rlt.shapes.mypy.settings import Settings, settings_of, with_settings
from rlt.shapes.mypy.tensors import checker_types
from rlt.shapes.rules.layers import LAYERS, QUIET
from rlt.shapes.rules.problem import UNKNOWN

_NN = "torch.nn.modules."
_DECIDING = {"add_bias_kv", "add_zero_attn", "return_indices", "affine", "track_running_stats", "dtype"}


def layer_name(fullname: str) -> str | None:
    """`Linear` of `torch.nn.modules.linear.Linear`, where it has a rule."""
    if not fullname.startswith(_NN):
        return None
    name = fullname.rpartition(".")[2]
    return name if name in LAYERS else None


def layer_of(t: Type | None) -> tuple[str, Settings | None] | None:
    """The name of a layer's type and its settings, None where it remembers none; None for other types."""
    p = get_proper_type(t) if t is not None else None
    if not isinstance(p, Instance):
        return None
    name = layer_name(p.type.fullname)
    return None if name is None else (name, settings_of(p))


def settings_of_call(name: str, positional: list[Any], keywords: dict[str, Any]) -> Settings:
    """A constructor's arguments by parameter; those that decide no shape are left out."""
    named = {**dict(zip(LAYERS[name].parameters, positional)), **keywords}
    return {
        k: tuple(v) if isinstance(v, list) else v for k, v in named.items() if k not in QUIET or k in _DECIDING
    }


def construct(ctx: Any) -> Type:
    """The type of a layer's constructor call: the layer, remembering its sizes."""
    t = get_proper_type(ctx.default_return_type)
    name = layer_name(t.type.fullname) if isinstance(t, Instance) else None
    if name is None:
        return ctx.default_return_type
    try:
        arguments = given_arguments(ctx)
        positional, keywords = values_of(arguments, scope_of(ctx, arguments))
    except NotUnderstood:  # Linear(*sizes): a layer of unknown sizes, and still a layer
        return ctx.default_return_type
    remembering = with_settings(t, settings_of_call(name, positional, keywords), checker_types(ctx.api))
    remembering.line, remembering.column = ctx.context.line, ctx.context.column
    return remembering


def describe(name: str, settings: Settings | None) -> str:
    """A layer as its constructor's call: `Conv2d(3, 16, 3, stride=2)`."""
    return name if settings is None else LAYERS[name].describe(settings)


def run(name: str, settings: Settings | None, positional: list[Any], keywords: dict[str, Any]) -> Any:
    """What the layer gives for these inputs. Problem where they do not fit; NotUnderstood where that is unknown."""
    layer = LAYERS[name]
    arguments = layer.arguments((), settings or {})
    if settings is None:
        arguments = dict.fromkeys(arguments, UNKNOWN)
    inputs = list(positional)
    keywords = dict(keywords)
    if not inputs and "input" in keywords:
        inputs.append(keywords.pop("input"))
    if set(keywords) & set(arguments):
        raise NotUnderstood
    try:
        return layer.apply(arguments, *inputs, **keywords)
    except TypeError:  # inputs that the rule does not know
        raise NotUnderstood from None
