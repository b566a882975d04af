"""Functions that give back the layer that they are given: `def orthogonal(layer: nn.Linear) -> nn.Linear`, `spectral_norm`."""

from __future__ import annotations

from mypy.nodes import CallExpr, Expression, FuncDef, NameExpr, RefExpr, ReturnStmt
from mypy.types import Instance, Type, get_proper_type

from rlt.shapes.mypy.assignments import assignments
from rlt.shapes.mypy.mutations import everywhere
from rlt.shapes.mypy.scope import MODULE
from rlt.shapes.mypy.signatures import function_of

TORCHS = {
    f"torch.nn.utils.{room}{name}"
    for room, names in {
        "": ("spectral_norm", "weight_norm"),
        "spectral_norm.": ("spectral_norm",),
        "weight_norm.": ("weight_norm",),
        "parametrizations.": ("spectral_norm", "weight_norm", "orthogonal"),
    }.items()
    for name in names
}
"""Of torch: each puts something on the weights of its first argument."""


def handed_back(call: Expression) -> Expression | None:
    """The argument that a call gives back; None where it gives something else, or nobody knows."""
    if not isinstance(call, CallExpr) or not isinstance(call.callee, RefExpr):
        return None
    if call.callee.fullname in TORCHS:
        return call.args[0] if call.args and call.arg_names[0] is None else None
    function = function_of(call.callee.node)
    name = _parameter_given_back(function) if function is not None else None
    if function is None or name is None:
        return None
    if name in call.arg_names:
        return call.args[call.arg_names.index(name)]
    at = [a.variable.name for a in function.arguments].index(name)
    plain = at < len(call.args) and not any(k.is_star() for k in call.arg_kinds[: at + 1]) and call.arg_names[at] is None
    return call.args[at] if plain else None


def _parameter_given_back(function: FuncDef) -> str | None:
    """The parameter that every return of a function's body gives, if nothing else is ever called so."""
    returns = [s.expr for s in everywhere(function.body.body) if isinstance(s, ReturnStmt)]
    returned = {e.name if isinstance(e, NameExpr) else "" for e in returns}
    if len(returned) != 1:
        return None
    name = returned.pop()
    own = any(a.variable.name == name and not a.kind.is_star() for a in function.arguments)
    anew = any(a.name == name and not a.of_self for a in assignments(function.body.body))
    return name if own and not anew else None


def is_layer(t: Type | None) -> bool:
    """Whether a type is that of a module."""
    p = get_proper_type(t) if t is not None else None
    return isinstance(p, Instance) and p.type.has_base(MODULE)
