"""Functions that build a network: `def block(i: int, o: int) -> nn.Sequential: return nn.Sequential(…)`.

What such a function builds is read from its source when its file is first checked, in the names of its parameters, and
kept in its result's type, closed: there it survives mypy's cache, which keeps no function's body. A call opens it.
"""

from __future__ import annotations

from typing import Any

from mypy.nodes import AssignmentStmt, ClassDef, Decorator, ForStmt, FuncDef, NameExpr, TypeInfo
from mypy.types import CallableType, Instance, NoneType, TupleType, Type, UnionType, get_proper_type

from rlt.shapes.mypy.assignments import methods
from rlt.shapes.mypy.calls import NotUnderstood, given_arguments, scope_of, values_of
from rlt.shapes.mypy.chains import Chain, mark_of
from rlt.shapes.mypy.classes import StaticScope
from rlt.shapes.mypy.constants import evaluate
from rlt.shapes.mypy.looping import Parts
from rlt.shapes.mypy.making import by_name, is_built, returned, wrapped
from rlt.shapes.mypy.modules import SEQUENTIAL, parts_of
from rlt.shapes.mypy.mutations import everywhere
from rlt.shapes.mypy.reading import Reader
from rlt.shapes.mypy.renaming import has_shape
from rlt.shapes.mypy.scope import MODULE
from rlt.shapes.mypy.signatures import function_of
from rlt.shapes.mypy.tensors import TENSOR, TypeMaker, checker_types
from rlt.shapes.rules.problem import UNKNOWN
from rlt.shapes.rules.tensor import UNKNOWN_TENSOR

_PREPARED: list[Any] = []
"""The file whose functions were read last: mypy checks one file at a time."""


def prepare(api: Any) -> None:
    """Reads the functions of the file that is being checked, once."""
    if _PREPARED and _PREPARED[0] is api.tree:
        return
    _PREPARED[:] = [api.tree]
    for s in api.tree.defs:
        function = s.func if isinstance(s, Decorator) else s
        if isinstance(function, FuncDef):
            _read(function, api)
            _let_values_speak(function)
        elif isinstance(function, ClassDef):
            for method in methods(function.defs):
                _let_values_speak(method)


def _let_values_speak(function: FuncDef) -> None:
    """`y: Tensor = self.norm(x)` says nothing of a shape, and mypy would take it at its word: the value says more."""
    for s in everywhere(function.body.body):
        if isinstance(s, AssignmentStmt) and s.type is not None and isinstance(s.lvalues[0], NameExpr):
            t = get_proper_type(s.type)
            if isinstance(t, Instance) and t.type.fullname == TENSOR and not has_shape(t):
                s.type = None


def _read(function: FuncDef, api: Any) -> None:
    declared = get_proper_type(function.type) if function.type is not None else None
    if not isinstance(declared, CallableType) or not _is_module(declared.ret_type) or is_built(declared.ret_type):
        return
    types = checker_types(api)
    reader = Reader(function, api.tree.defs, types)
    found = reader.all_results()
    if found and all(_sound(r, types) for r in found):
        function.type = declared.copy_modified(ret_type=_closed(declared.ret_type, found, types))


def _sound(result: Type, types: TypeMaker) -> bool:
    """Whether the layers fit each other: a mistake is reported in the function, and not once more by its calls."""
    chain = Chain(types, lambda text, layer: None)
    for part in _ways(result):
        if isinstance(part, Instance) and part.type.fullname == SEQUENTIAL:
            chain.through(parts_of(part) or [], UNKNOWN_TENSOR)
    return not chain.told


def _is_module(t: Type) -> bool:
    """Whether a declared result is a network, some network, or none."""
    p = get_proper_type(t)
    if isinstance(p, UnionType):
        return all(_is_module(i) or isinstance(get_proper_type(i), NoneType) for i in p.items)
    return isinstance(p, Instance) and len(p.args) == 1 and p.type.has_base(MODULE)


def _closed(declared: Type, results: list[Type], types: TypeMaker) -> Type:
    """The declared result, with what the one result of its class remembers."""
    p = get_proper_type(declared)
    if isinstance(p, UnionType):
        return UnionType([_closed(i, results, types) for i in p.items])
    single = [w for r in results for w in _ways(r)]
    same = [r for r in single if isinstance(p, Instance) and isinstance(r, Instance) and r.type is p.type]
    return wrapped(same[0], types) if same and all(r == same[0] for r in same) else declared


def _ways(result: Type) -> list[Any]:
    """The results of `a if condition else b`, one by one."""
    p = get_proper_type(result)
    if mark_of(p) != "Either" or not isinstance(p, TupleType):
        return [p]
    ways = [w.items for w in map(get_proper_type, p.items[1:]) if isinstance(w, TupleType)]
    return [inner for way in ways for inner in (_ways(way[0]) if len(way) == 1 else [None])]


def built(ctx: Any, node: Any) -> Type | None:
    """The network that a call builds; None where the function's result says nothing of it."""
    function = function_of(node)
    declared = get_proper_type(function.type) if function is not None and function.type is not None else None
    if function is None or not isinstance(declared, CallableType) or not is_built(declared.ret_type):
        return None
    try:
        values = _values(ctx, function)
    except NotUnderstood:
        values = {}
    return returned(function, values, checker_types(ctx.api), ctx.context)


def _values(ctx: Any, function: FuncDef) -> dict[str, Any]:
    """What the function's parameters are worth in this call."""
    given = given_arguments(ctx)
    positional, keywords = values_of(given, scope_of(ctx, given), runs=True)
    defaults = {
        a.variable.name: evaluate(a.initializer, StaticScope(function, []))
        for a in function.arguments
        if a.initializer is not None
    }
    return {**defaults, **by_name(function, positional), **keywords}


def value_at(function: FuncDef, e: NameExpr, api: Any, cls: TypeInfo | None) -> Any:
    """What a name of a constructor is worth where it stands, if the code before it can be read."""
    if function.name != "__init__" or not any(isinstance(s, ForStmt) for s in function.body.body):
        return UNKNOWN
    reader = Reader(function, api.tree.defs, checker_types(api), cls)
    held = reader.values.get(e.name, UNKNOWN) if reader.before(e) else UNKNOWN
    return UNKNOWN if isinstance(held, Parts) else held
