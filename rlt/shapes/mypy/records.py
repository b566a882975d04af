"""NamedTuples of tensors whose fields say `Tensor` and no shape: what they are made with goes with them."""

from __future__ import annotations

from mypy.nodes import TypeInfo
from mypy.types import CallableType, TupleType, Type, get_proper_type

from rlt.shapes.mypy.calls import Given
from rlt.shapes.mypy.renaming import has_shape
from rlt.shapes.mypy.tensors import spec_of


def fields(cls: TypeInfo) -> list[str]:
    """The names of a NamedTuple's fields, in their order."""
    method = cls.get_method("__new__")
    declared = get_proper_type(method.type) if method is not None and method.type is not None else None
    return [name or "" for name in declared.arg_names[1:]] if isinstance(declared, CallableType) else []


def made_with(t: TupleType, cls: TypeInfo, given: list[Given]) -> TupleType:
    """The type of a new one: a field that says `Tensor` alone is what it was given."""
    names, items = fields(cls), list(t.items)
    if len(names) != len(items) or any(g.starred for g in given):
        return t
    for i, g in enumerate(given):
        at = i if g.name is None else names.index(g.name) if g.name in names else len(items)
        if at < len(items) and spec_of(items[at]) is not None and not has_shape(items[at]) and has_shape(g.type):
            items[at] = g.type
    return t.copy_modified(items=items)


def field(t: TupleType, name: str) -> Type | None:
    """What is known of one field; None where that is no more than what the class says."""
    names = fields(t.partial_fallback.type)
    if name not in names or len(names) != len(t.items):
        return None
    item = t.items[names.index(name)]
    return item if has_shape(item) else None
