"""Attributes of networks and records: a size's name there, in the terms of the place where it is read."""

from __future__ import annotations

from typing import Any

from mypy.nodes import CallExpr, DictionaryComprehension, FuncDef, IndexExpr, ListComprehension, MemberExpr, NameExpr
from mypy.types import Instance, TupleType, Type, get_proper_type

from rlt.shapes import dims as D
from rlt.shapes.dims import Dim
from rlt.shapes.mypy.alternatives import made_of
from rlt.shapes.mypy.assignments import methods
from rlt.shapes.mypy.classes import class_names, latest, names_of_base, signature_names
from rlt.shapes.mypy.filling import contents
from rlt.shapes.mypy.mutations import unchanged
from rlt.shapes.mypy.records import field
from rlt.shapes.mypy.renaming import forgotten, only, renamed, without_shapes
from rlt.shapes.mypy.scope import MODULE, CheckedScope, local_assignments
from rlt.shapes.mypy.sequences import in_terms_of
from rlt.shapes.mypy.settings import settings_of
from rlt.shapes.mypy.tensors import checker_types, spec_of
from rlt.shapes.rules.problem import UNKNOWN


def read(ctx: Any) -> Type:
    """The hook of an attribute of a user's class."""
    t = ctx.default_attr_type
    owner = get_proper_type(ctx.type)
    name = ctx.context.name if isinstance(ctx.context, MemberExpr) else None
    if name is None or ctx.is_lvalue:
        return t
    if isinstance(owner, TupleType):
        return field(owner, name) or t
    if not isinstance(owner, Instance):
        return t
    anew = _assigned_anew(ctx, owner, name)
    if anew is not None:
        return anew
    rename = _renaming(ctx, owner, name)
    t = _one_of_several(ctx, owner, name) or t
    if isinstance(ctx.context.expr, NameExpr) and ctx.context.expr.name == "self":
        t = contents(ctx.api, t, name)
    return t if rename is None else renamed(t, rename, checker_types(ctx.api), {})


def _one_of_several(ctx: Any, owner: Instance, attribute: str) -> Type | None:
    """A layer that the constructor makes in several ways, where a body is checked for one object."""
    scope = CheckedScope(ctx.api)
    held = scope.entered_with()
    on_self = isinstance(ctx.context.expr, NameExpr) and ctx.context.expr.name == "self"
    if held is None or not on_self or not owner.type.has_base(MODULE) or attribute not in owner.type.names:
        return None
    return made_of(owner.type, attribute, held, ctx.api.tree.defs, checker_types(ctx.api))


def _assigned_anew(ctx: Any, owner: Instance, attribute: str) -> Type | None:
    """The attribute in a class that replaces what its base has made, for which mypy keeps the base's type.

    What the class itself assigns, where that is one thing and known by now; else without sizes. None where nothing is replaced.
    """
    above = [c for c in owner.type.mro if c.has_base(MODULE)]
    definer = next((n for n, c in enumerate(above) if attribute in c.names), 0)
    found = [
        a.value for c in above[:definer] for f in methods(c.defn.defs) for a in local_assignments(f)
        if a.of_self and a.name == attribute
    ]
    if not found:
        return None
    on_self = isinstance(ctx.context.expr, NameExpr) and ctx.context.expr.name == "self"
    given = CheckedScope(ctx.api).type_of(found[0]) if on_self and len(found) == 1 and found[0] is not None else None
    return forgotten(ctx.default_attr_type, checker_types(ctx.api)) if given is None else given


def _renaming(ctx: Any, owner: Instance, attribute: str) -> Any:
    scope = CheckedScope(ctx.api)
    on_self = isinstance(ctx.context.expr, NameExpr) and ctx.context.expr.name == "self" and scope.entered_with() is None
    definer = next((b for b in owner.type.mro if attribute in b.names), owner.type)
    if owner.type.has_base(MODULE):
        if on_self and scope.cls is not None and owner.type.has_base(scope.cls.fullname):
            if definer is scope.cls:
                return None
            names = names_of_base(scope.cls, definer)
            return only(names or {}) if names is None or names else None
        held = settings_of(owner) or {}
        names = names_of_base(owner.type, definer)
        if names is None:
            return only({})
        return only({k: in_terms_of(v, held) for k, v in names.items()} if names else held)
    return _foreign(scope)


def _foreign(scope: CheckedScope) -> Any:
    """Names of another place (a record's, a constructor's of a class that is no network) as they are read here.

    Kept where they are the function's own names too, or where it has none of its own. Otherwise unknown: two people
    may have called one size differently.
    """
    known: set[str] = set()
    for f in scope.functions:
        if isinstance(f, FuncDef):
            known |= signature_names(f)
    if not known and (scope.cls is None or not class_names(scope.cls)):
        return None
    known |= {a.variable.name for f in scope.functions for a in f.arguments}

    def rename(d: Dim) -> Dim:
        return d if D.names_in(d) <= known else None

    return rename


def of_result(ctx: Any, name: str) -> Type:
    """`x.max(dim=1).values`: the parts of torch's named results."""
    t = get_proper_type(ctx.type)
    places = {"values": 0, "indices": 1, "eigenvalues": 0, "eigenvectors": 1}
    if isinstance(t, TupleType) and name in places and places[name] < len(t.items):
        return t.items[places[name]]
    return ctx.default_attr_type


def sizes(ctx: Any) -> Type:
    """`x.shape` as a tuple of so many ints: unpacking it into another number of names is an error of mypy's own."""
    spec = spec_of(ctx.type)
    default = get_proper_type(ctx.default_attr_type)
    if spec is None or spec.rank is None or not isinstance(default, Instance):
        return ctx.default_attr_type
    scope = CheckedScope(ctx.api)
    if any(a.of_self and a.value is ctx.context for f in scope.functions for a in local_assignments(f)):
        return default  # an attribute that may hold the shape of another tensor later
    types = checker_types(ctx.api)
    return types.tuple([types.instance("builtins.int")] * spec.rank, default)


def taken_out(ctx: Any) -> Type:
    """`tensors[i]`: as declared where the container is a parameter or a comprehension that nothing changes.

    Else unknown, as others may have been put in.
    """
    scope, types = CheckedScope(ctx.api), checker_types(ctx.api)
    node = ctx.context
    base = node.base if isinstance(node, IndexExpr) else node
    if isinstance(base, CallExpr) and isinstance(base.callee, MemberExpr):
        base = base.callee.expr
    if isinstance(base, NameExpr):
        for f in reversed(scope.functions):
            found = latest(local_assignments(f), base.name, base.line)
            if found and isinstance(found.value, (ListComprehension, DictionaryComprehension)):
                kept = unchanged(base.name, f.body.body)
                return ctx.default_return_type if kept else without_shapes(ctx.default_return_type, types)
            if found is UNKNOWN or found is not None:
                break
            if any(a.variable.name == base.name for a in f.arguments):
                return ctx.default_return_type
    return without_shapes(ctx.default_return_type, types)
