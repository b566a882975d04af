"""The sizes inside a type, replaced or forgotten: what a name of one place means at another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mypy.types import (
    AnyType,
    CallableType,
    Instance,
    LiteralType,
    TupleType,
    Type,
    TypeOfAny,
    UnionType,
    get_proper_type,
)

from rlt.shapes import dims as D
from rlt.shapes.dims import Dim
from rlt.shapes.mypy.sequences import BOUND, Sizes, in_terms_of
from rlt.shapes.mypy.settings import read, substituted, write
from rlt.shapes.mypy.tensors import PARAMETERS, TENSOR, TypeMaker, core, loose, spec_of
from rlt.shapes.rules.problem import as_dim
from rlt.shapes.shape import Shape

TENSORS = (TENSOR, *PARAMETERS)
_DEEPEST = 6  # recursive aliases have no bottom


def has_shape(t: Type, depth: int = 0) -> bool:
    """Whether a type speaks of a tensor whose dtype, device or sizes are known."""
    p = get_proper_type(t)
    if depth > _DEEPEST:
        return False
    parts: Sequence[Type]
    if isinstance(p, Instance):
        if not p.args:
            return False
        if p.type.fullname in TENSORS:
            return len(p.args) == 3 and not all(is_any(a) for a in p.args)
        parts = p.args
    elif isinstance(p, (TupleType, UnionType)):
        parts = p.items
    elif isinstance(p, CallableType):
        parts = (*p.arg_types, p.ret_type)
    else:
        return False
    for part in parts:  # noqa: SIM110  asked for every argument of every call: a generator costs more
        if has_shape(part, depth + 1):
            return True
    return False


def is_any(t: Type) -> bool:
    held = core(t)
    return held is None or isinstance(held, AnyType)


def without_shapes(t: Type, types: TypeMaker) -> Type:
    """The same type with every tensor unknown."""

    def forget(x: Instance) -> Type:
        return types.unknown_tensor()

    return _mapped(t, forget, None) if has_shape(t) else t


def forgotten(t: Type, types: TypeMaker) -> Type:
    """The same type with every tensor unknown, and every layer of unknown sizes."""

    def layer(x: Instance) -> Type:
        return Instance(x.type, [AnyType(TypeOfAny.special_form)], line=x.line, column=x.column)

    return _mapped(t, lambda x: types.unknown_tensor(), layer)


Renaming = Callable[[Dim], Dim]


def renamed(t: Type, rename: Renaming, types: TypeMaker, runs: dict[str, Shape] | None = None) -> Type:
    """The type with each size replaced; `runs` gives what stands for `*name`. Layers and networks too."""

    def tensor(x: Instance) -> Type:
        spec = spec_of(x)
        if spec is None:
            return x
        return Instance(x.type, [x.args[0], x.args[1], types.shape(renamed_shape(spec.shape, rename, runs))])

    def settings(x: Instance) -> Type:
        held = core(x.args[0])
        if not isinstance(held, LiteralType) or not isinstance(held.value, str):
            return x
        kept = read(held.value)
        names = set().union(*map(D.names_in, _sizes(kept)))
        if not names and not any(isinstance(v, Sizes) for v in kept.values()):
            return x
        values = rename.values if isinstance(rename, only) else {n: _named(n, rename) for n in names}
        text = write(substituted(kept, values))
        return Instance(x.type, [loose(types.text(text))], line=x.line, column=x.column)

    return _mapped(t, tensor, settings)


def _sizes(values: object) -> list[Dim]:
    if isinstance(values, dict):
        return [s for v in values.values() for s in _sizes(v)]
    if isinstance(values, (tuple, list)):
        return [s for v in values for s in _sizes(v)]
    if isinstance(values, Sizes):
        return _sizes(values.values())
    return [values] if isinstance(values, D.Sym) else []


def renamed_shape(shape: Shape, rename: Renaming, runs: dict[str, Shape] | None) -> Shape:
    dims = tuple(rename(d) if isinstance(d, D.Sym) else d for d in shape.dims)
    if shape.run is None:
        return Shape(dims)
    middle = (runs or {}).get(shape.run_name) if shape.run_name else None
    if middle is None:
        return Shape(dims, shape.run, shape.run_name if runs is None else "")
    before, after = dims[: shape.run], dims[shape.run :]
    run = None if middle.run is None else len(before) + middle.run
    return Shape((*before, *middle.dims, *after), run, middle.run_name)


def _mapped(
    t: Type, tensor: Callable[[Instance], Type], settings: Callable[[Instance], Type] | None, depth: int = 0
) -> Type:
    p = get_proper_type(t)
    if depth > _DEEPEST:
        return t
    if isinstance(p, Instance):
        if p.type.fullname in TENSORS:
            return tensor(p) if len(p.args) == 3 else p
        if settings is not None and len(p.args) == 1 and isinstance(core(p.args[0]), LiteralType):
            return settings(p)
        if not p.args:
            return t
        return p.copy_modified(args=[_mapped(a, tensor, settings, depth + 1) for a in p.args])
    if isinstance(p, UnionType):
        return UnionType([_mapped(i, tensor, settings, depth + 1) for i in p.items], p.line, p.column)
    if isinstance(p, TupleType):
        return p.copy_modified(items=[_mapped(i, tensor, settings, depth + 1) for i in p.items])
    if isinstance(p, CallableType):
        return p.copy_modified(
            arg_types=[_mapped(a, tensor, settings, depth + 1) for a in p.arg_types],
            ret_type=_mapped(p.ret_type, tensor, settings, depth + 1),
        )
    return t


def _named(name: str, rename: Renaming) -> Dim:
    bound = name.startswith(BOUND) and not isinstance(rename, partly)
    return D.name(name) if bound else rename(D.name(name))


class partly:
    """Names in `values` become these; the others stay."""

    def __init__(self, values: Mapping[str, Dim]) -> None:
        self.values = values

    def __call__(self, d: Dim) -> Dim:
        return D.substitute(d, self.values)


class only:
    """Names in `values` become these; sizes with any other name become unknown."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def __call__(self, d: Dim) -> Dim:
        return as_dim(in_terms_of(d, self.values))
