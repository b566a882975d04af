"""Names, attributes and tensors at the place that mypy is checking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mypy.nodes import Block, CallExpr, Expression, FuncDef, FuncItem, ListExpr, MemberExpr, NameExpr, TypeInfo, Var
from mypy.types import Instance, LiteralType, Type, get_proper_type

from rlt.shapes import dims as D
from rlt.shapes.mypy.assignments import Assignment, assignments
from rlt.shapes.mypy.classes import (
    attribute_flag,
    attribute_size,
    facts_of,
    field_value,
    is_sequence,
    latest,
    names_of_base,
    parameter_value,
    signature_names,
    starred,
)
from rlt.shapes.mypy.constants import evaluate
from rlt.shapes.mypy.mutations import unchanged
from rlt.shapes.mypy.sequences import Sizes, in_terms_of
from rlt.shapes.mypy.settings import settings_of
from rlt.shapes.mypy.tensors import checker_types, spec_of
from rlt.shapes.rules.problem import UNKNOWN
from rlt.shapes.rules.tensor import TensorSpec

MODULE = "torch.nn.modules.module.Module"


@dataclass(frozen=True, slots=True)
class Entered:
    """A function whose body is being checked for one call."""

    values: dict[str, Any]
    """Of its parameters, as the caller gave them."""
    held: dict[str, Any] | None
    """What the object was built with, in the caller's names; None where caller and function share their names."""


ENTERED: dict[Any, Entered] = {}
"""The functions that are being checked so (`rlt.shapes.mypy.entering`)."""


class CheckedScope:
    """The functions and class around an expression whose call is being checked."""

    def __init__(self, api: Any, known: dict[Expression, Type] | None = None) -> None:
        self.api = api
        self.known = known or {}
        """Types of the call's own arguments, which mypy has not stored yet."""
        stack = list(api.scope.stack)
        self.functions = [s for s in stack if isinstance(s, FuncItem)]
        self.cls: TypeInfo | None = next((s for s in reversed(stack) if isinstance(s, TypeInfo)), None)
        if self.cls is None and self.functions and self.functions[0].info:  # false where there is no class
            self.cls = self.functions[0].info

    # ------------------------------------------------------------------------------------------------- types

    def type_of(self, e: Expression) -> Type | None:
        found = self.known.get(e)
        return found if found is not None else self.api.lookup_type_or_none(e)

    def tensor(self, e: Expression) -> TensorSpec | None:
        return spec_of(self.type_of(e))

    def called(self, e: CallExpr, depth: int) -> Any:
        from rlt.shapes.mypy.running import value_of_call

        return value_of_call(e, self, self.api.tree.defs, checker_types(self.api), depth)

    def literal(self, e: Expression) -> Any:
        t = self.type_of(e)
        p = get_proper_type(t) if t is not None else None
        if isinstance(p, Instance) and p.last_known_value is not None:
            p = p.last_known_value
        if isinstance(p, LiteralType):
            return p.value
        if isinstance(e, NameExpr) and isinstance(e.node, Var) and isinstance(e.node.final_value, (int, str)):
            return e.node.final_value
        return UNKNOWN

    # ------------------------------------------------------------------------------------------------- names

    def name(self, e: NameExpr, depth: int) -> Any:
        for function in reversed(self.functions):
            found = latest(local_assignments(function), e.name, e.line)
            if found is UNKNOWN:
                return self._read(function, e)
            if found is not None:
                return self._assigned(found, e, depth)
            entered = ENTERED.get(function)
            for a in function.arguments:
                if entered is not None and a.variable.name == e.name:
                    return entered.values.get(e.name, UNKNOWN)
                if a.variable.name == e.name and a.kind.is_star():
                    return starred(e.name, a)
                if a.variable.name == e.name and (e.node is None or e.node is a.variable):
                    constructs = isinstance(function, FuncDef) and function.name == "__init__"
                    value = parameter_value(e.name, a.type_annotation, of_constructor=constructs)
                    return UNKNOWN if isinstance(value, Sizes) and not unchanged(e.name, function.body.body) else value
        if isinstance(e.node, Var) and e.node.fullname.startswith(self.api.tree.fullname + "."):
            outer = [a for a in module_assignments(self.api.tree) if a.name == e.name and not a.of_self]
            if len(outer) == 1:
                return self._assigned(outer[0], e, depth)
        return UNKNOWN

    def _read(self, function: FuncItem, e: NameExpr) -> Any:
        """A name that a loop or a branch sets, read after it."""
        from rlt.shapes.mypy.builders import value_at

        is_plain = isinstance(function, FuncDef) and function is self.functions[-1]
        return value_at(function, e, self.api, self.cls) if is_plain and isinstance(function, FuncDef) else UNKNOWN

    def _assigned(self, found: Assignment, e: NameExpr, depth: int) -> Any:
        if found.value is None or (isinstance(found.value, ListExpr) and self._grows(e.name)):
            return UNKNOWN
        value = evaluate(found.value, self, depth + 1)
        if found.index is not None:
            value = value[found.index] if isinstance(value, (tuple, list)) and found.index < len(value) else UNKNOWN
        if value is UNKNOWN and found.always and self._named_in_annotations(e.name):
            return D.name(e.name)
        return value

    def _grows(self, name: str) -> bool:
        """Whether something is put in the list `name` after it is written out."""
        body = self.functions[-1].body.body if self.functions else self.api.tree.defs
        return not unchanged(name, body)

    def _named_in_annotations(self, name: str) -> bool:
        """Whether the class whose constructor this is uses the name in an annotation: then it is one of its sizes."""
        inside = self.functions and self.functions[-1].name == "__init__"
        return bool(inside and self.cls is not None and name in facts_of(self.cls).get("names", ()))

    # -------------------------------------------------------------------------------------------- attributes

    def member(self, e: MemberExpr, depth: int) -> Any:
        if isinstance(e.expr, NameExpr) and e.expr.name == "self" and self.cls is not None:
            return self._own_attribute(e.name)
        owner = get_proper_type(self.type_of(e.expr)) if self.type_of(e.expr) is not None else None
        if not isinstance(owner, Instance):
            return UNKNOWN
        held = settings_of(owner)
        if owner.type.has_base(MODULE):
            if held is None:
                return UNKNOWN
            if owner.type.fullname.startswith("torch."):
                return held.get(e.name, UNKNOWN)
            found = attribute_size(owner.type, e.name)
            if found is None:
                return UNKNOWN
            names = names_of_base(owner.type, found[1]) or {}
            return in_terms_of(in_terms_of(found[0], names) if names else found[0], held)
        t = get_proper_type(self.type_of(e) or owner)
        is_int = isinstance(t, Instance) and t.type.fullname == "builtins.int"
        return field_value(owner, e.name) if self._is_configuration(e.expr) and (is_int or is_sequence(t)) else UNKNOWN

    def _own_attribute(self, name: str) -> Any:
        assert self.cls is not None
        found, held = attribute_size(self.cls, name), self.entered_with()
        if found is None:
            return UNKNOWN if held is None else attribute_flag(self.cls, name, held)
        size, owner = found
        if held is not None:
            names = {} if owner is self.cls else names_of_base(self.cls, owner)
            return UNKNOWN if names is None else in_terms_of(in_terms_of(size, names) if names else size, held)
        if owner is self.cls:
            return size if self.cls.has_base(MODULE) or self._own_names(size) else UNKNOWN
        names = names_of_base(self.cls, owner)
        return UNKNOWN if names is None else in_terms_of(size, names) if names else size

    def entered_with(self) -> dict[str, Any] | None:
        """What `self` was built with, where a body is being checked for a call of another object's method."""
        entered = ENTERED.get(self.functions[-1]) if self.functions else None
        return None if entered is None else entered.held

    def _own_names(self, size: Any) -> bool:
        """Whether the names in a size of a class that is no network are those of the method, or it has none."""
        names = D.names_in(size) if isinstance(size, D.Sym) else set()
        known = {n for f in self.functions if isinstance(f, FuncDef) for n in signature_names(f)}
        return not names or not known or names <= known

    def _is_configuration(self, e: Expression) -> bool:
        """`cfg` or `self.cfg`: an object given to the constructor, whose attributes name sizes."""
        if isinstance(e, MemberExpr):
            return isinstance(e.expr, NameExpr) and e.expr.name == "self"
        if not isinstance(e, NameExpr):
            return False
        return any(a.variable.name == e.name for f in self.functions for a in f.arguments)


_WALKED: dict[Any, list[Assignment]] = {}
_MOST_WALKED = 400


def _walked(owner: Any, statements: Any) -> list[Assignment]:
    """The assignments of one body, walked once and kept for a while: every argument of every call asks for them."""
    found = _WALKED.get(owner)
    if found is None:
        if len(_WALKED) >= _MOST_WALKED:
            _WALKED.clear()
        found = _WALKED[owner] = assignments(statements)
    return found


def local_assignments(function: FuncItem) -> list[Assignment]:
    body: Block = function.body
    return _walked(function, body.body)


def module_assignments(tree: Any) -> list[Assignment]:
    return _walked(tree, tree.defs)
