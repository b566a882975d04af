"""The plugin: which hook answers for which name, each behind a guard.

It leans on four facts of mypy beyond its documented hooks (1.20 and later): a class's type variables may be set where
its MRO is made; `Annotated` reaches the type hook; a type variable may default to Any; with `allow_redefinition` one
variable holds tensors of several shapes (`x = conv(x)`).
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from functools import cache, lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any

from mypy.nodes import MypyFile
from mypy.options import Options
from mypy.plugin import (
    AnalyzeTypeContext,
    AttributeContext,
    ClassDefContext,
    FunctionContext,
    FunctionSigContext,
    MethodContext,
    MethodSigContext,
    Plugin,
    ReportConfigContext,
)
from mypy.types import CallableType, FunctionLike, Type, UninhabitedType, get_proper_type

from rlt.shapes.mypy import (
    attributes,
    beliefs,
    builders,
    collected,
    containers,
    distributions,
    filling,
    following,
    generics,
    handing_back,
    indexing,
    layers,
    leniency,
    modules,
    operators,
    parameters,
    powers,
    signatures,
    weights,
)
from rlt.shapes.mypy.annotations import ANNOTATED, annotated
from rlt.shapes.mypy.calls import NotUnderstood
from rlt.shapes.mypy.renaming import has_shape, without_shapes
from rlt.shapes.mypy.tensors import PARAMETERS, TENSOR, any_type, checker_types

_STDLIB = frozenset(sys.stdlib_module_names) | {"_typeshed", "typing_extensions", "mypy_extensions"}
_GROWING = {
    f"builtins.{c}.{m}"
    for c in ("list", "dict", "set")
    for m in ("append", "insert", "extend", "__setitem__", "add", "update", "setdefault", "__iadd__", "__add__")
} | {
    "collections.deque.append",
    "collections.deque.appendleft",
    "typing.MutableSequence.append",
    "typing.MutableMapping.__setitem__",
}
"""Methods that put one more thing in a container: a tensor of another shape may go where one already is."""
_READING = {
    "builtins.list.__getitem__", "builtins.list.pop", "builtins.list.__iter__", "builtins.dict.__getitem__",
    "builtins.dict.pop", "builtins.dict.values", "builtins.dict.items", "builtins.dict.get",
    "collections.deque.__getitem__", "collections.deque.popleft",
}  # fmt: skip
"""Methods that take a thing out of a container, whose shape is then not known."""
_REVERSED = {"__rsub__", "__rdiv__", "__rtruediv__", "__rpow__", "__floordiv__", "__rfloordiv__", "__rmatmul__",
             "__pow__", "__rmod__", "__rlshift__", "__rrshift__"}  # fmt: skip


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """A digest of the plugin's and the rules' sources."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parents[1].glob("**/*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def is_stdlib(fullname: str) -> bool:
    """mypy's own hooks for the standard library (enum, functools, …) must stay first."""
    return fullname.split(".", 1)[0] in _STDLIB


def is_torch(fullname: str) -> bool:
    return fullname.startswith("torch.")


class ShapePlugin(Plugin):
    """Shapes, dtypes and devices of plain torch code."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        following.give_each_module_its_options(options)

    def get_additional_deps(self, file: MypyFile) -> list[tuple[int, str, int]]:
        if is_torch(file.fullname) or file.fullname.startswith("rlt.shapes.mypy."):
            return []
        if following.imports(file, ("torch", "jaxtyping", "rlt")):
            return [(10, "rlt.shapes.mypy.marks", -1), (10, "torch._tensor", -1)]
        return []

    def report_config_data(self, ctx: ReportConfigContext) -> Any:
        """What a cached module was checked with: another version of the rules checks users' modules anew."""
        return None if is_stdlib(ctx.id) or is_torch(ctx.id + ".") else fingerprint()

    # ------------------------------------------------------------------------------------- classes and annotations

    def get_customize_class_mro_hook(self, fullname: str) -> Callable[[ClassDefContext], None] | None:
        if fullname == TENSOR or fullname in PARAMETERS:
            return _guarded_class(generics.tensor)
        remembering = layers.layer_name(fullname) or distributions.family(fullname)
        if remembering or fullname in containers.CONTAINERS or fullname in modules.STACKS:
            return _guarded_class(generics.layer)
        if not is_torch(fullname) and not is_stdlib(fullname):
            return _guarded_class(generics.user_module)
        return None

    def get_type_analyze_hook(self, fullname: str) -> Callable[[AnalyzeTypeContext], Type] | None:
        return _guarded_annotation if fullname in ANNOTATED else None

    # The answers depend on the name alone, and mypy asks for each call and attribute that it meets: they are kept.

    def get_function_signature_hook(self, fullname: str) -> Callable[[FunctionSigContext], FunctionLike] | None:
        return before_function(fullname)

    def get_method_signature_hook(self, fullname: str) -> Callable[[MethodSigContext], FunctionLike] | None:
        return before_method(fullname)

    def get_function_hook(self, fullname: str) -> Callable[[FunctionContext], Type] | None:
        return after_function(fullname)

    def get_method_hook(self, fullname: str) -> Callable[[MethodContext], Type] | None:
        return after_method(fullname)

    def get_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        return of_attribute(fullname)


# ----------------------------------------------------------------------------------------------- before a call


@cache
def before_function(fullname: str) -> Callable[[FunctionSigContext], FunctionLike] | None:
    if is_stdlib(fullname) or is_torch(fullname) or fullname.startswith("<"):
        return None
    return _guarded(_take_any_tensor)


@cache
def before_method(fullname: str) -> Callable[[MethodSigContext], FunctionLike] | None:
    if (is_stdlib(fullname) or is_torch(fullname)) and fullname not in _GROWING:
        return None
    return _guarded(_take_any_tensor)


# ------------------------------------------------------------------------------------------------ after a call


@cache
def after_function(fullname: str) -> Callable[[FunctionContext], Type] | None:
    hook = _function(fullname)
    if hook is None:
        return None
    return _guarded(hook, everywhere=hook in _CONSTRUCTORS)


def _function(fullname: str) -> Callable[[Any], Type] | None:
    if layers.layer_name(fullname):
        return parameters.layer
    if fullname == containers.SEQUENTIAL:
        return containers.sequential
    if fullname in (containers.MODULE_LIST, containers.MODULE_DICT):
        return containers.module_list
    if fullname in modules.STACKS:
        return containers.stack
    if fullname in ("builtins.enumerate", "builtins.zip", "builtins.reversed"):
        return containers.iterated
    if fullname in PARAMETERS:
        return parameters.parameter
    if fullname.startswith(distributions.PACKAGE):
        return distributions.function(fullname)
    if fullname in beliefs.BELIEFS:
        return beliefs.believed
    if fullname in handing_back.TORCHS:
        return parameters.torchs_own
    named = operators.short_name(fullname)
    if named is not None:
        return lambda ctx: operators.operator(ctx, *named)
    if is_torch(fullname) or is_stdlib(fullname) or fullname.startswith("<"):  # "<list-comprehension>"
        return None
    return parameters.user_call


@cache
def after_method(fullname: str) -> Callable[[MethodContext], Type] | None:
    hook = _method(fullname)
    return None if hook is None else _guarded(hook)


def _method(fullname: str) -> Callable[[Any], Type] | None:
    owner, _, name = fullname.rpartition(".")
    if name == "__call__" and not is_stdlib(fullname):
        return parameters.module_call
    if fullname == filling.APPEND:
        return filling.append
    if fullname == collected.APPEND:
        return collected.append
    if owner in containers.CONTAINERS and name == "__getitem__":
        return containers.item
    if fullname.startswith(operators.METHODS) and name in indexing.HOOKS:
        return indexing.HOOKS[name]
    named = operators.short_name(fullname)
    if named is not None:
        return lambda ctx: operators.operator(ctx, *named)
    if fullname in _READING:
        return attributes.taken_out
    if fullname in powers.POWERS:
        return powers.power
    if name in weights.REGISTERED:
        return weights.registered
    if is_stdlib(fullname):
        return None
    if fullname.startswith(distributions.PACKAGE):
        return (lambda ctx: distributions.method(ctx, name)) if name in distributions.METHODS else None
    if is_torch(fullname):
        return parameters.torch_module_method if name in ("to", "cuda", "cpu", "eval", "train") else None
    return signatures.method_hook


@cache
def of_attribute(fullname: str) -> Callable[[AttributeContext], Type] | None:
    owner, _, name = fullname.rpartition(".")
    if fullname.startswith(operators.METHODS):
        if name in _REVERSED:
            return _guarded(operators.reversed_operator)
        if name in ("T", "mT", "data", "H", "mH"):
            return _guarded(lambda ctx: operators.attribute(ctx, name))
        return _guarded(attributes.sizes) if name == "shape" else None
    if owner in containers.CONTAINERS and name in containers.DECORATED:
        return _guarded(lambda ctx: containers.decorated(ctx, name))
    if owner.startswith("torch.return_types."):
        return _guarded(lambda ctx: attributes.of_result(ctx, name))
    if name in ("weight", "bias") and layers.layer_name(owner):
        return _guarded(lambda ctx: weights.of_layer(ctx, name))
    if fullname.startswith(distributions.PACKAGE) and name in distributions.ATTRIBUTES:
        return _guarded(lambda ctx: distributions.attribute(ctx, name))
    if is_stdlib(fullname) or is_torch(fullname):
        return None
    return _guarded(attributes.read)


_DEFAULTS: dict[type, Callable[[Any], Any]] = {
    FunctionSigContext: attrgetter("default_signature"),
    MethodSigContext: attrgetter("default_signature"),
    FunctionContext: attrgetter("default_return_type"),
    MethodContext: attrgetter("default_return_type"),
    AttributeContext: attrgetter("default_attr_type"),
}
"""What each kind of hook is given as mypy's own answer."""


_CONSTRUCTORS = (parameters.layer, containers.sequential, containers.module_list, containers.stack)
"""What is checked in every file; all else only where tensors are followed."""


def _guarded(hook: Callable[[Any], Any], everywhere: bool = False) -> Callable[[Any], Any]:
    """A fault of ours never stops mypy: the call keeps the type that mypy found. RLT_PLUGIN_DEBUG=1 shows it."""

    def guarded(ctx: Any) -> Any:
        default = _DEFAULTS[type(ctx)](ctx)
        followed = following.is_followed(ctx.api)
        if not (everywhere or followed) or is_torch(ctx.api.tree.fullname + "."):
            return default
        try:
            leniency.install(ctx.api.msg.errors)
            if followed:
                builders.prepare(ctx.api)
            return hook(ctx)
        except NotUnderstood:
            return without_shapes(default, checker_types(ctx.api)) if has_shape(default) else default
        except Exception:
            if os.environ.get("RLT_PLUGIN_DEBUG"):
                raise
            return default

    return guarded


def _guarded_class(hook: Callable[[ClassDefContext], None]) -> Callable[[ClassDefContext], None]:
    def guarded(ctx: ClassDefContext) -> None:
        try:
            leniency.install(ctx.api.errors)  # type: ignore[attr-defined]
            following.follow(ctx.api)
            hook(ctx)
        except Exception:
            if os.environ.get("RLT_PLUGIN_DEBUG"):
                raise

    return guarded


def _guarded_annotation(ctx: AnalyzeTypeContext) -> Type:
    if len(ctx.type.args) < 2:
        ctx.api.fail("Annotated[...] must have exactly one type argument and at least one annotation", ctx.context)
        return any_type()
    try:
        following.follow(getattr(ctx.api, "api", ctx.api))
        return annotated(ctx)
    except Exception:
        if os.environ.get("RLT_PLUGIN_DEBUG"):
            raise
        return ctx.api.analyze_type(ctx.type.args[0])


def _take_any_tensor(ctx: Any) -> CallableType:
    """Accepts any tensor where a shaped one is declared: our own check follows, with a better message."""
    signature: CallableType = ctx.default_signature
    if isinstance(ctx, MethodSigContext):  # a container that is still empty takes everything
        never = [isinstance(get_proper_type(a), UninhabitedType) for a in signature.arg_types]
        if any(never):
            kept = [any_type() if n else a for n, a in zip(never, signature.arg_types)]
            return signature.copy_modified(arg_types=kept)
    if not any(has_shape(a) for a in signature.arg_types):
        return signature
    types = checker_types(ctx.api)
    return signature.copy_modified(arg_types=[without_shapes(a, types) for a in signature.arg_types])


def plugin(version: str) -> type[Plugin]:
    """What mypy asks a plugin's module for."""
    return ShapePlugin
