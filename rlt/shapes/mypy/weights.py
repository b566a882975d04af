"""Tensors that modules hold: a layer's `weight` and `bias`, and what `register_buffer` and `register_parameter` name."""

from __future__ import annotations

from typing import Any

from mypy.nodes import Var
from mypy.types import Instance, Type, UnionType, get_proper_type

from rlt.shapes.mypy.calls import NotUnderstood, given_arguments, scope_of, values_of
from rlt.shapes.mypy.layers import layer_of
from rlt.shapes.mypy.renaming import has_shape
from rlt.shapes.mypy.scope import MODULE, CheckedScope
from rlt.shapes.mypy.targets import accepting_others, times_set
from rlt.shapes.mypy.tensors import TENSOR, TypeMaker, checker_types
from rlt.shapes.rules.tensor import TensorSpec
from rlt.shapes.rules.weights import shape_of

REGISTERED = ("register_buffer", "register_parameter")
_SEVERAL = "rlt_several"
"""Where a class notes names that are registered with tensors of different shapes."""


def of_layer(ctx: Any, name: str) -> Type:
    """`layer.weight`, `layer.bias`."""
    layer = layer_of(ctx.type)
    shape = shape_of(layer[0], name, layer[1]) if layer is not None and layer[1] is not None else None
    held = get_proper_type(ctx.default_attr_type)
    if ctx.is_lvalue or layer is None or shape is None or not isinstance(held, Instance) or held.type.fullname != TENSOR:
        return ctx.default_attr_type
    dtype = (layer[1] or {}).get("dtype")
    return checker_types(ctx.api).tensor(TensorSpec(shape, dtype if isinstance(dtype, str) else "float"))


def registered(ctx: Any) -> Type:
    """`self.register_buffer("noise", torch.zeros(n))`: the attribute that is declared `Tensor` has this shape.

    Unless the same name is registered with another one elsewhere."""
    given = given_arguments(ctx)
    scope = scope_of(ctx, given)
    positional, keywords = values_of(given, scope)
    arguments = dict(zip(("name", "tensor"), positional)) | keywords
    name, spec = arguments.get("name"), arguments.get("tensor", arguments.get("param"))
    owner = get_proper_type(ctx.type)
    if not isinstance(owner, Instance) or not owner.type.has_base(MODULE):
        raise NotUnderstood
    if isinstance(name, str) and isinstance(spec, TensorSpec):
        _refine(scope, name, spec, checker_types(ctx.api))
    return ctx.default_return_type


def _refine(scope: CheckedScope, name: str, spec: TensorSpec, types: TypeMaker) -> None:
    cls = scope.cls
    symbol = cls.names.get(name) if cls is not None else None
    var = symbol.node if symbol is not None else None
    if cls is None or not isinstance(var, Var) or var.type is None or name in cls.metadata.get(_SEVERAL, {}):
        return
    declared = get_proper_type(var.type)
    if not isinstance(declared, Instance) or declared.type.fullname != TENSOR or times_set(scope, name):
        return
    new = accepting_others(types.tensor(spec))
    if not has_shape(declared):
        var.type = new
    elif declared != new and any(isinstance(get_proper_type(a), UnionType) for a in declared.args):
        # registered before, with another shape; what the author writes has no unions
        cls.metadata.setdefault(_SEVERAL, {})[name] = True
        var.type = types.unknown_tensor()
