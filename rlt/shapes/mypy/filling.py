"""`self.layers = nn.ModuleList()`, filled by `self.layers.append(…)` in the constructor."""

from __future__ import annotations

from typing import Any

from mypy.nodes import CallExpr, ClassDef, Expression, ExpressionStmt, MemberExpr, NameExpr
from mypy.types import Instance, Type, get_proper_type

from rlt.shapes.mypy.modules import MODULE_LIST, parts_of
from rlt.shapes.mypy.mutations import changes_of_attribute, everywhere
from rlt.shapes.mypy.scope import MODULE, CheckedScope
from rlt.shapes.mypy.tensors import TypeMaker, checker_types, loose

APPEND = MODULE_LIST + ".append"
_FILLED: dict[ClassDef, dict[str, dict[Expression, tuple[Type, bool]]]] = {}
"""For each class and attribute: the append calls, what each puts in, and whether it stands in a loop or branch."""
_MOST_KEPT = 200


def append(ctx: Any) -> Type:
    """The hook of `ModuleList.append`: notes what is put in."""
    node, scope = ctx.context, CheckedScope(ctx.api)
    owner = node.callee.expr if isinstance(node, CallExpr) and isinstance(node.callee, MemberExpr) else None
    given = get_proper_type(ctx.arg_types[0][0]) if ctx.arg_types and ctx.arg_types[0] else None
    own = isinstance(owner, MemberExpr) and isinstance(owner.expr, NameExpr) and owner.expr.name == "self"
    is_module = isinstance(given, Instance) and given.type.has_base(MODULE)
    if own and is_module and scope.cls is not None and scope.functions:
        assert isinstance(owner, MemberExpr)
        assert given is not None
        if len(_FILLED) >= _MOST_KEPT:
            _FILLED.clear()
        straight = any(isinstance(s, ExpressionStmt) and s.expr is node for s in scope.functions[-1].body.body)
        _FILLED.setdefault(scope.cls.defn, {}).setdefault(owner.name, {})[node] = (given, not straight)
    return ctx.default_return_type


def contents(api: Any, t: Type, attribute: str) -> Type:
    """The type of `self.attribute`, with what the constructor appended to it where that is plain.

    One append in a loop makes a list of any number of that kind; appends one after another, a list of these.
    """
    scope = CheckedScope(api)
    p = get_proper_type(t)
    if scope.cls is None or not isinstance(p, Instance) or p.type.fullname != MODULE_LIST or parts_of(p):
        return t
    found = _FILLED.get(scope.cls.defn, {}).get(attribute)
    if not found or not scope.functions or _being_filled(scope, found):
        return t
    if set(changes_of_attribute(scope.cls.defn, attribute)) != {"append"}:
        return t
    types: TypeMaker = checker_types(api)
    kinds = list(found.values())
    if len(kinds) == 1 and kinds[0][1]:
        held: Type = types.instance("builtins.tuple", [kinds[0][0]])
    elif not any(in_loop for _, in_loop in kinds):
        held = types.tuple([k for k, _ in kinds])
    else:
        return t
    return Instance(p.type, [loose(held)], line=p.line, column=p.column)


def _being_filled(scope: CheckedScope, found: dict[Expression, tuple[Type, bool]]) -> bool:
    """Whether the function that reads the list is the one that fills it."""
    body = scope.functions[-1].body.body
    return any(isinstance(s, ExpressionStmt) and s.expr in found for s in everywhere(body))
