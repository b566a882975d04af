"""torch's own classes made generic, without stubs: tensors by dtype, device and shape; modules by what built them."""

from __future__ import annotations

from mypy.nodes import TypeInfo
from mypy.plugin import ClassDefContext
from mypy.types import Instance, TypeVarId, TypeVarType

from rlt.shapes.mypy.buffers import declare
from rlt.shapes.mypy.classes import learn
from rlt.shapes.mypy.following import imports, is_followed
from rlt.shapes.mypy.scope import MODULE
from rlt.shapes.mypy.tensors import TENSOR, any_type


def _make_generic(ctx: ClassDefContext, names: list[str]) -> None:
    """Gives a class covariant type variables that default to Any, so that its bare name keeps its meaning."""
    info: TypeInfo = ctx.cls.info
    if info.bad_mro:
        return
    bound = ctx.api.named_type("builtins.object")
    ctx.cls.type_vars = [
        TypeVarType(n, f"{info.fullname}.{n}", TypeVarId(i, namespace=info.fullname), [], bound, any_type(), 1)
        for i, n in enumerate(names, 1)
    ]
    info.type_vars = []
    info.add_type_vars()


def tensor(ctx: ClassDefContext) -> None:
    """`Tensor[dtype, device, shape]`; `Parameter` and `Buffer` hand theirs on to it."""
    _make_generic(ctx, ["Dtype", "Device", "Shape"])
    info = ctx.cls.info
    for i, base in enumerate(info.bases):
        if base.type.fullname == TENSOR:
            info.bases[i] = Instance(base.type, list(ctx.cls.type_vars))


def layer(ctx: ClassDefContext) -> None:
    _make_generic(ctx, ["Settings"])


def user_module(ctx: ClassDefContext) -> None:
    """A class derived from nn.Module remembers its constructor's sizes; any class's source is read for sizes."""
    info = ctx.cls.info
    file = ctx.api.modules.get(ctx.api.cur_mod_id)
    is_module = any(b.fullname == MODULE for b in info.mro[1:])
    if is_module and not ctx.cls.type_vars and not info.type_vars:
        _make_generic(ctx, ["Settings"])
    if is_module or (file is not None and imports(file, ("torch", "rlt", "jaxtyping"))):
        learn(ctx.cls, file.defs if file is not None else [])
    if is_module and is_followed(ctx.api):
        declare(ctx)


