"""Functions of the file that compute sizes or lists of layers: they are run on what the call hands in.

    def conv_size(size: int) -> int:
        for _, kernel, stride in CONVS:
            size = (size - kernel) // stride + 1
        return size

`nn.Linear(64 * conv_size(84) ** 2, 512)` has 3136 input features.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mypy.nodes import CallExpr, FuncDef, RefExpr, Statement
from mypy.types import Type

from rlt.shapes.mypy.constants import Scope, evaluate
from rlt.shapes.mypy.making import handed_in
from rlt.shapes.mypy.reading import Reader
from rlt.shapes.mypy.signatures import function_of
from rlt.shapes.mypy.tensors import TypeMaker
from rlt.shapes.rules.problem import UNKNOWN, is_unknown

_RUNNING: list[FuncDef] = []
"""A function that calls itself is not followed."""


def value_of_call(e: CallExpr, scope: Scope, module: list[Statement], types: TypeMaker, depth: int) -> Any:
    """What a call gives, or UNKNOWN."""
    reader = _run(e, scope, module, types, depth)
    return reader.values_returned[0] if reader is not None and len(reader.values_returned) == 1 else UNKNOWN


def layers_of_call(e: CallExpr, scope: Scope, module: list[Statement], types: TypeMaker) -> list[Type] | None:
    """The layers in the list that a call gives; None where they are not in sight."""
    reader = _run(e, scope, module, types, 0)
    return reader.lists_returned[0] if reader is not None and len(reader.lists_returned) == 1 else None


def _run(e: CallExpr, scope: Scope, module: list[Statement], types: TypeMaker, depth: int) -> Reader | None:
    function = function_of(e.callee.node) if isinstance(e.callee, RefExpr) else None
    if function is None or function.info or function not in module or function in _RUNNING:
        return None
    values = _arguments(e, function, scope, depth)
    if values is None:
        return None
    reader = Reader(function, module, types)
    reader.values |= values
    _RUNNING.append(function)
    try:
        return reader if reader.runs() else None
    finally:
        _RUNNING.pop()


def _arguments(e: CallExpr, function: FuncDef, scope: Scope, depth: int) -> Mapping[str, Any] | None:
    """What the parameters are worth; None where one of them is not known."""
    given = handed_in(e, function, scope, depth + 1)
    if given is None or any(a.kind.is_star() for a in function.arguments):
        return None
    for a in function.arguments:
        if a.variable.name not in given:
            given[a.variable.name] = UNKNOWN if a.initializer is None else evaluate(a.initializer, scope, depth + 1)
    return None if any(map(is_unknown, given.values())) else given
