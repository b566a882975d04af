"""Where the result of a call is stored, and whether it is the only thing ever stored there."""

from __future__ import annotations

from typing import Any

from mypy.nodes import Expression
from mypy.types import Instance, TupleType, Type, get_proper_type

from rlt.shapes.mypy.assignments import assignments, methods
from rlt.shapes.mypy.mutations import changes_of_attribute
from rlt.shapes.mypy.renaming import has_shape, without_shapes
from rlt.shapes.mypy.scope import CheckedScope, local_assignments, module_assignments
from rlt.shapes.mypy.tensors import TENSOR, TypeMaker, loose


def stored_once(api: Any, call: Expression) -> bool:
    """False where the call is stored under a name that holds something else at other times.

    A layer in such a name has no sizes of its own: `self.head` built in both branches of an `if`.
    """
    scope = CheckedScope(api)
    bodies = [local_assignments(f) for f in scope.functions] or [module_assignments(api.tree)]
    for body in bodies:
        for found in body:
            if found.value is call:
                if found.of_self:
                    return times_set(scope, found.name) == 1
                same = [a for a in body if a.name == found.name and not a.of_self]
                return len(same) == 1 or all(a.always for a in same)
    return True


def changed_later(api: Any, call: Expression) -> bool:
    """Whether the list that the call makes is stored in an attribute that the class appends to or extends."""
    scope = CheckedScope(api)
    for function in scope.functions[-1:]:
        for found in local_assignments(function):
            if found.value is call and found.of_self and scope.cls is not None:
                return bool(changes_of_attribute(scope.cls.defn, found.name))
    return False


def unpacked_into(api: Any, call: Expression) -> int | None:
    """How many names a call's result is unpacked into; None where it is stored whole or with a `*rest`."""
    scope = CheckedScope(api)
    body = local_assignments(scope.functions[-1]) if scope.functions else module_assignments(api.tree)
    places = [a.index for a in body if a.value is call and a.index is not None]
    return max(places) + 1 if places else None


def times_set(scope: CheckedScope, attribute: str) -> int:
    """How often the class's methods assign `self.attribute`; 1 outside of classes."""
    if scope.cls is None:
        return 1
    defined = scope.cls.defn
    return sum(
        a.of_self and a.name == attribute for m in methods(defined.defs) for a in assignments(m.body.body)
    )


def as_stored(api: Any, call: Expression, t: Type, types: TypeMaker) -> Type:
    """A result as the name that it is stored under should have it.

    An attribute accepts other tensors later, and is known if set once.
    """
    if not has_shape(t):
        return t
    scope = CheckedScope(api)
    for function in scope.functions:
        for found in local_assignments(function):
            if found.of_self and found.value is call:
                if times_set(scope, found.name) > 1 or found.index is not None:
                    return without_shapes(t, types)
                return accepting_others(t)
    return t


def accepting_others(t: Type) -> Type:
    """The type with `| Any` beside each thing known of a tensor."""
    p = get_proper_type(t)
    if isinstance(p, Instance) and len(p.args) == 3 and any(b.fullname == TENSOR for b in p.type.mro):
        return Instance(p.type, [loose(a) for a in p.args], line=p.line, column=p.column)
    if isinstance(p, TupleType):
        return p.copy_modified(items=[accepting_others(i) for i in p.items])
    return t
