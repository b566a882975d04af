"""What a class says of its sizes: constructor parameters, defaults, attributes that are sizes, names in annotations.

Read from the source when the class is first seen and kept in mypy's `metadata`, which survives its cache (function
bodies do not).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mypy.nodes import (
    ARG_STAR,
    Argument,
    Block,
    CallExpr,
    ClassDef,
    Decorator,
    Expression,
    ExpressionStmt,
    FuncDef,
    MemberExpr,
    NameExpr,
    Statement,
    SuperExpr,
    TypeInfo,
    Var,
)
from mypy.types import (
    CallableType,
    EllipsisType,
    Instance,
    RawExpressionType,
    Type,
    TypeList,
    UnboundType,
    get_proper_type,
)

from rlt.shapes import dims as D
from rlt.shapes.mypy import sequences
from rlt.shapes.mypy.assignments import Assignment, assignments, methods
from rlt.shapes.mypy.conditions import holds, written
from rlt.shapes.mypy.constants import encode, evaluate
from rlt.shapes.mypy.mutations import unchanged
from rlt.shapes.mypy.sequences import Sizes, in_terms_of
from rlt.shapes.mypy.settings import Settings, decode
from rlt.shapes.rules.problem import UNKNOWN, as_dim
from rlt.shapes.rules.tensor import TensorSpec

_KEY = "rlt"


class StaticScope:
    """The scope of a function before names are resolved: parameters, and names assigned once."""

    def __init__(self, function: FuncDef | None, module: list[Statement]) -> None:
        self.function = function
        self.local = assignments(function.body.body) if function is not None else []
        self.outer = module

    def name(self, e: NameExpr, depth: int) -> Any:
        found = latest(self.local, e.name, e.line)
        if found is UNKNOWN:
            return UNKNOWN
        if found is not None:
            return evaluate(found.value, self, depth + 1) if found.index is None and found.value else UNKNOWN
        given = self.parameter(e.name)
        if given is not None:
            return given
        outer = [a for a in assignments(self.outer) if a.name == e.name and not a.of_self]
        if len(outer) == 1 and outer[0].value is not None and outer[0].index is None:
            return evaluate(outer[0].value, StaticScope(None, self.outer), depth + 1)
        return UNKNOWN

    def parameter(self, name: str) -> Any:
        """What a parameter of the function is given as; None where it has none of that name."""
        for a in self.function.arguments if self.function is not None else ():
            if a.variable.name == name and a.kind.is_star():
                return starred(name, a)
            if a.variable.name == name:
                value = parameter_value(name, a.type_annotation, of_constructor=True)
                assert self.function is not None
                return UNKNOWN if isinstance(value, Sizes) and not unchanged(name, self.function.body.body) else value
        return None

    def member(self, e: MemberExpr, depth: int) -> Any:
        if self.function is not None and isinstance(e.expr, NameExpr):
            if e.expr.name == "self":
                own = [a for a in self.local if a.of_self and a.name == e.name]
                if len(own) == 1 and own[0].value is not None and own[0].index is None:
                    return evaluate(own[0].value, self, depth + 1)
            for a in self.function.arguments:
                if a.variable.name == e.expr.name and a.variable.name != "self":
                    return UNKNOWN if self._computes(a, e.name) else field_value(a.variable.type, e.name)
        return UNKNOWN

    def _computes(self, a: Argument, name: str) -> bool:
        """Whether a class of this file, by which a parameter is annotated, has a property of that name."""
        said = a.type_annotation.name if isinstance(a.type_annotation, UnboundType) else ""
        classes = [c for c in self.outer if isinstance(c, ClassDef) and c.name == said]
        return any(isinstance(s, Decorator) and s.func.name == name for c in classes for s in c.defs.body)

    def called(self, e: CallExpr, depth: int) -> Any:
        return UNKNOWN

    def tensor(self, e: Expression) -> TensorSpec | None:
        return None

    def literal(self, e: Expression) -> Any:
        return UNKNOWN


def latest(found: list[Assignment], name: str, line: int) -> Any:
    """The assignment that gives `name` its value at `line`; None without one, UNKNOWN where it may be several."""
    own = [a for a in found if a.name == name and not a.of_self]
    if not own:
        return None
    if all(a.always for a in own):
        before = [a for a in own if a.line < line]
        return before[-1] if before else None
    return own[0] if len(own) == 1 and own[0].value is not None else UNKNOWN


def field_value(owner: Type | None, name: str) -> Any:
    """`cfg.hidden`: the configuration's own word for the size, or for a sequence of sizes where its class says so."""
    p = get_proper_type(owner) if owner is not None else None
    symbol = p.type.get(name) if isinstance(p, Instance) else None
    if symbol is not None and isinstance(symbol.node, Decorator):
        return UNKNOWN  # a property is worked out from other sizes
    of = symbol.node.type if symbol is not None and isinstance(symbol.node, Var) else None
    return sequences.parameter(name) if of is not None and is_sequence(of) else D.name(name)


def is_sequence(t: Type) -> bool:
    """Whether a type that is known is a sequence of ints of any length."""
    p = get_proper_type(t)
    if not isinstance(p, Instance) or p.type.name not in ("tuple", "list", "Sequence") or len(p.args) != 1:
        return False
    of = get_proper_type(p.args[0])
    return isinstance(of, Instance) and of.type.fullname == "builtins.int"


SEQUENCES = ("Sequence", "tuple", "Tuple", "list", "List", "Iterable")


def parameter_value(name: str, annotation: Type | None, *, of_constructor: bool) -> Any:
    """What a parameter is worth: a size that has its name, a sequence of such, or UNKNOWN."""
    if is_size(annotation, of_constructor=of_constructor):
        return D.name(name)
    if isinstance(annotation, UnboundType) and annotation.name.split(".")[-1] in SEQUENCES and annotation.args:
        of = annotation.args
        dots = len(of) == 2 and isinstance(of[1], EllipsisType)
        if is_size(of[0], of_constructor=False) and (len(of) == 1 or dots):
            return sequences.parameter(name)
    return UNKNOWN


def starred(name: str, a: Argument) -> Any:
    """What `*sizes: int` is worth: a sequence of sizes."""
    return sequences.parameter(name) if a.kind == ARG_STAR and is_size(a.type_annotation, of_constructor=False) else UNKNOWN


def is_size(annotation: Type | None, *, of_constructor: bool) -> bool:
    """Whether a parameter so annotated may be a size."""
    if annotation is None:
        return of_constructor
    return isinstance(annotation, UnboundType) and annotation.name.split(".")[-1] == "int"


def learn(cls: ClassDef, module: list[Statement]) -> None:
    """Writes what the class's source says into its metadata."""
    init = next((m for m in methods(cls.defs) if m.name == "__init__"), None)
    facts: dict[str, Any] = {"names": sorted(_names_in_annotations(cls.defs))}
    sizes: dict[str, str] = {}
    flags: dict[str, str] = {}
    for found in assignments(cls.defs.body):
        if found.value is not None and found.index is None:
            value = evaluate(found.value, StaticScope(None, module))
            if as_dim(value) is not None or isinstance(value, tuple):
                sizes[found.name] = encode(value)
    if init is not None:
        scope = StaticScope(init, module)
        given = [a for a in init.arguments if a.variable.name != "self"]
        facts["parameters"] = [a.variable.name for a in given]
        facts["locals"] = sorted({a.name for a in scope.local if not a.of_self})
        facts["defaults"] = {
            a.variable.name: encode(value)
            for a in given
            if a.initializer is not None
            for value in [evaluate(a.initializer, scope)]
            if value is not UNKNOWN
        }
        everywhere = [a for m in methods(cls.defs) for a in assignments(m.body.body) if a.of_self]
        for found in scope.local:
            if found.of_self and sum(a.name == found.name for a in everywhere) == 1 and found.index is None:
                value = evaluate(found.value, scope) if found.value is not None else UNKNOWN
                if as_dim(value) is not None or isinstance(value, tuple):
                    sizes[found.name] = encode(value)
                elif found.value is not None and (condition := written(found.value, facts["parameters"])) is not None:
                    flags[found.name] = condition
        call = _super_call(init)
        if call is not None:
            facts["super"] = [[n, encode(evaluate(a, scope))] for n, a in zip(call.arg_names, call.args)]
    facts["sizes"], facts["flags"] = sizes, flags
    cls.info.metadata[_KEY] = facts


def _super_call(init: FuncDef) -> CallExpr | None:
    for s in init.body.body:
        if isinstance(s, ExpressionStmt) and isinstance(s.expr, CallExpr):
            callee = s.expr.callee
            if isinstance(callee, SuperExpr) and callee.name == "__init__":
                return s.expr
            if isinstance(callee, MemberExpr) and callee.name == "__init__" and isinstance(callee.expr, CallExpr):
                return s.expr
    return None


def _names_in_annotations(defs: Block) -> set[str]:
    found: set[str] = set()
    for method in methods(defs):
        if isinstance(method.unanalyzed_type, CallableType):
            for t in (*method.unanalyzed_type.arg_types, method.unanalyzed_type.ret_type):
                found.update(names_in(t))
    return found


def names_in(t: Type) -> Iterator[str]:
    """The names in the shape strings of an annotation that is not analysed yet."""
    if isinstance(t, UnboundType):
        if t.original_str_expr:
            yield from re.findall(r"[A-Za-z_]\w*", t.original_str_expr)
        for a in t.args:
            yield from names_in(a)
    elif isinstance(t, RawExpressionType):
        if isinstance(t.literal_value, str):
            yield from re.findall(r"[A-Za-z_]\w*", t.literal_value)
    elif isinstance(t, TypeList) or hasattr(t, "items"):
        for a in t.items:
            yield from names_in(a)


def facts_of(info: TypeInfo) -> dict[str, Any]:
    return info.metadata.get(_KEY, {})


def attribute_size(info: TypeInfo, name: str) -> tuple[Any, TypeInfo] | None:
    """The size that a class keeps under `self.name`, in the names of the class that sets it; and that class."""
    for base in info.mro:
        text = facts_of(base).get("sizes", {}).get(name)
        if text is not None:
            return decode(text), base
    return None


def attribute_flag(info: TypeInfo, name: str, held: Mapping[str, Any]) -> Any:
    """Whether an object built with `held` has `self.name` set; UNKNOWN where that is not known."""
    condition = facts_of(info).get("flags", {}).get(name)
    return UNKNOWN if condition is None else holds(condition, held)


def constructor(info: TypeInfo) -> tuple[list[str], Settings]:
    """Names and known defaults of the parameters of a class's constructor."""
    for base in info.mro:
        facts = facts_of(base)
        if "parameters" in facts:
            return facts["parameters"], {k: decode(v) for k, v in facts["defaults"].items()}
    return [], {}


def names_of_base(info: TypeInfo, base: TypeInfo) -> dict[str, Any] | None:
    """What the parameters of `base`'s constructor are in the names of the class `info`; None if not known."""
    values: dict[str, Any] | None = None
    for cls in info.mro:
        if cls is base:
            return {} if values is None else values
        facts = facts_of(cls)
        if "parameters" not in facts:
            continue
        if "super" not in facts or not cls.bases:
            return None
        above = cls.bases[0].type
        parameters, defaults = constructor(above)
        given = dict(defaults)
        for i, (name, text) in enumerate(facts["super"]):
            key = name or (parameters[i] if i < len(parameters) else None)
            if key is not None:
                given[key] = decode(text) if values is None else in_terms_of(decode(text), values)
        values = {p: given.get(p, UNKNOWN) for p in parameters}
    return None


def signature_names(f: FuncDef) -> set[str]:
    """Names of sizes in a function's annotations."""
    declared = f.unanalyzed_type
    if not isinstance(declared, CallableType):
        return set()
    return {n for t in (*declared.arg_types, declared.ret_type) for n in names_in(t)}


def class_names(info: TypeInfo) -> set[str]:
    """Names that a class's constructor gives to sizes: its parameters, its locals, its attributes."""
    found: set[str] = set()
    for base in info.mro:
        facts = facts_of(base)
        found |= {*facts.get("parameters", ()), *facts.get("sizes", ()), *facts.get("locals", ())}
    return found
