"""Functions that build a network: `def block(i: int, o: int) -> nn.Sequential: return nn.Sequential(…)`.

mypy checks constructors before the functions that they call, so what such a function builds is read from its source.
"""

from __future__ import annotations

from typing import Any

from mypy.nodes import ARG_NAMED, ARG_POS, CallExpr, Expression, FuncDef, RefExpr, ReturnStmt
from mypy.types import Instance, Type, get_proper_type

from rlt.shapes.dims import Dim
from rlt.shapes.mypy.calls import given_arguments, scope_of, values_of
from rlt.shapes.mypy.classes import StaticScope
from rlt.shapes.mypy.constants import evaluate
from rlt.shapes.mypy.layers import layer_name, settings_of_call
from rlt.shapes.mypy.modules import SEQUENTIAL
from rlt.shapes.mypy.renaming import only, renamed
from rlt.shapes.mypy.scope import MODULE
from rlt.shapes.mypy.settings import with_settings
from rlt.shapes.mypy.signatures import function_of
from rlt.shapes.mypy.tensors import TypeMaker, any_type, checker_types, loose
from rlt.shapes.rules.problem import as_dim


def built(ctx: Any, node: Any) -> Type | None:
    """The network that a call builds; None where the function does not plainly return one."""
    function = function_of(node)
    default = get_proper_type(ctx.default_return_type)
    if function is None or not isinstance(default, Instance) or not default.type.has_base(MODULE):
        return None
    last = function.body.body[-1] if function.body.body else None
    if not isinstance(last, ReturnStmt) or last.expr is None:
        return None
    types = checker_types(ctx.api)
    returned = _made(last.expr, StaticScope(function, ctx.api.tree.defs), types)
    if returned is None or returned.type is not default.type:
        return None
    made = renamed(returned, only(_sizes(ctx, function)), types, {})
    assert isinstance(made, Instance)
    made.line, made.column = ctx.context.line, ctx.context.column
    return made


def _sizes(ctx: Any, function: FuncDef) -> dict[str, Dim]:
    """What the function's parameters are worth in this call."""
    given = given_arguments(ctx)
    positional, keywords = values_of(given, scope_of(ctx, given))
    parameters = [a for a in function.arguments if a.variable.name not in ("self", "cls")]
    defaults = {
        a.variable.name: evaluate(a.initializer, StaticScope(function, []))
        for a in parameters
        if a.initializer is not None
    }
    values = {**defaults, **dict(zip([a.variable.name for a in parameters], positional)), **keywords}
    return {name: as_dim(value) for name, value in values.items()}


def _made(e: Expression, scope: StaticScope, types: TypeMaker) -> Instance | None:
    """The type of a layer's or Sequential's construction, read from its source."""
    if not isinstance(e, CallExpr) or not isinstance(e.callee, RefExpr):
        return None
    fullname = e.callee.fullname
    name = layer_name(fullname)
    if name is not None and all(k in (ARG_POS, ARG_NAMED) for k in e.arg_kinds):
        positional = [evaluate(a, scope) for a, n in zip(e.args, e.arg_names) if n is None]
        keywords = {n: evaluate(a, scope) for a, n in zip(e.args, e.arg_names) if n is not None}
        settings = settings_of_call(name, positional, keywords)
        made = with_settings(types.instance(fullname, [any_type()]), settings, types)
        made.line = e.line
        return made
    if fullname == SEQUENTIAL and all(k == ARG_POS for k in e.arg_kinds):
        parts = [_made(a, scope, types) or types.instance(MODULE) for a in e.args]
        return Instance(types.instance(SEQUENTIAL, [any_type()]).type, [loose(types.tuple(parts))], line=e.line)
    return None
