"""torch's own classes made generic, without stubs: tensors by dtype, device and shape; modules by what built them."""

from __future__ import annotations

from mypy.nodes import Import, MypyFile, TypeInfo
from mypy.plugin import ClassDefContext
from mypy.types import Instance, TypeVarId, TypeVarType

from rlt.shapes.mypy.assignments import methods
from rlt.shapes.mypy.classes import learn, signature_names
from rlt.shapes.mypy.scope import MODULE
from rlt.shapes.mypy.tensors import TENSOR, any_type

PARAMETERS = ("torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer")


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
    if is_module or (file is not None and _imports_torch(file)):
        learn(ctx.cls, file.defs if file is not None else [])
    _allow_other_names(ctx)


def _imports_torch(file: MypyFile) -> bool:
    for imported in file.imports:
        names = [n for n, _ in imported.ids] if isinstance(imported, Import) else [getattr(imported, "id", "")]
        if any(n.split(".")[0] in ("torch", "rlt", "jaxtyping") for n in names):
            return True
    return False


def _allow_other_names(ctx: ClassDefContext) -> None:
    """An overriding method may call its sizes otherwise than the method it overrides.

    mypy would compare `"b obs"` with `"batch obs_dim"` as text and report [override]; it is told to pass over that
    report, on the line of such a method only.
    """
    info, file = ctx.cls.info, ctx.api.modules.get(ctx.api.cur_mod_id)
    if file is None or len(info.mro) < 3:
        return
    for method in methods(ctx.cls.defs):
        overrides = any(
            method.name in base.names for base in info.mro[1:] if not base.fullname.startswith(("torch.", "builtins."))
        )
        if overrides and signature_names(method):
            codes = file.ignored_lines.get(method.line)
            if codes is None:
                file.ignored_lines[method.line] = ["override"]
            elif codes:  # an empty list is a bare `type: ignore`, which covers everything already
                codes.append("override")
            ctx.api.errors.skipped_lines[file.path].add(method.line)  # type: ignore[attr-defined]
