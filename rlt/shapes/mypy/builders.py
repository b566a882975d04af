"""Functions that build a network: `def block(i: int, o: int) -> nn.Sequential: return nn.Sequential(…)`.

What such a function returns was found when its body was checked; a call of it has that network, with the call's sizes.
"""

from __future__ import annotations

from typing import Any

from mypy.nodes import FuncDef, ReturnStmt
from mypy.types import Instance, Type, get_proper_type

from rlt.shapes.dims import Dim
from rlt.shapes.mypy.calls import given_arguments, scope_of, values_of
from rlt.shapes.mypy.classes import StaticScope
from rlt.shapes.mypy.constants import evaluate
from rlt.shapes.mypy.renaming import only, renamed
from rlt.shapes.mypy.scope import MODULE
from rlt.shapes.mypy.signatures import function_of
from rlt.shapes.mypy.tensors import checker_types
from rlt.shapes.rules.problem import as_dim


def built(ctx: Any, node: Any) -> Type | None:
    """The network that a call builds; None where the function does not plainly return one."""
    function = function_of(node)
    default = get_proper_type(ctx.default_return_type)
    if function is None or not isinstance(default, Instance) or not default.type.has_base(MODULE):
        return None
    returned = _returned(ctx.api, function)
    if returned is None or returned.type is not default.type:
        return None
    given = given_arguments(ctx)
    positional, keywords = values_of(given, scope_of(ctx, given))
    parameters = [a for a in function.arguments if a.variable.name not in ("self", "cls")]
    names = [a.variable.name for a in parameters]
    values: dict[str, Dim] = {}
    for a in parameters:
        if a.initializer is not None:
            values[a.variable.name] = as_dim(evaluate(a.initializer, StaticScope(function, [])))
    values |= {n: as_dim(v) for n, v in zip(names, positional)} | {n: as_dim(v) for n, v in keywords.items()}
    made = renamed(returned, only(values), checker_types(ctx.api), {})
    if isinstance(made, Instance):
        made.line, made.column = ctx.context.line, ctx.context.column
    return made


def _returned(api: Any, function: FuncDef) -> Instance | None:
    """The type of what the function's one return statement gives, where it was checked already."""
    last = function.body.body[-1] if function.body.body else None
    if not isinstance(last, ReturnStmt) or last.expr is None:
        return None
    found = api.lookup_type_or_none(last.expr)
    p = get_proper_type(found) if found is not None else None
    return p if isinstance(p, Instance) and p.args else None
