"""Classes derived from `nn.Sequential`, whose constructor hands its layers to `super().__init__`."""

from __future__ import annotations

from typing import Any

from mypy.nodes import CallExpr, Expression, ExpressionStmt, FuncDef, Statement, SuperExpr, TypeInfo
from mypy.types import Instance, Type

from rlt.shapes.mypy.calls import type_of_result
from rlt.shapes.mypy.chains import Chain
from rlt.shapes.mypy.modules import SEQUENTIAL, Follow
from rlt.shapes.mypy.mutations import everywhere
from rlt.shapes.mypy.reading import Reader
from rlt.shapes.mypy.renaming import only, renamed
from rlt.shapes.mypy.settings import settings_of
from rlt.shapes.mypy.signatures import function_of
from rlt.shapes.mypy.tensors import checker_types, spec_of


def is_sequential(info: TypeInfo) -> bool:
    """Whether a class runs its layers as a Sequential does."""
    symbol = info.get("forward")
    runs = symbol.node if symbol is not None else None
    return info.fullname != SEQUENTIAL and info.has_base(SEQUENTIAL) and getattr(runs, "fullname", "") == SEQUENTIAL + ".forward"


def through(api: Any, t: Instance, x: Type, follow: Follow) -> Type | None:
    """What it makes of one tensor. Refused where its layers do not fit."""
    parts, types, spec = _parts(api, t), checker_types(api), spec_of(x)
    if parts is None or spec is None:
        return None
    chain = Chain(types, where=f" of {t.type.name}", follow=follow)
    return type_of_result(chain.through(parts, spec, counted=True), types.unknown_tensor(), types)


def _parts(api: Any, t: Instance) -> list[Type] | None:
    """The layers of one object, in the names of the place where it was made; None where they are not all in sight."""
    symbol = t.type.names.get("__init__")
    init = function_of(symbol.node) if symbol is not None else None
    handed = _handed_on(init.body.body) if init is not None else []
    if not isinstance(init, FuncDef) or len(handed) != 1 or not is_sequential(t.type):
        return None
    types = checker_types(api)
    reader = Reader(init, api.tree.defs, types, t.type)
    parts = reader.parts(zip(handed[0].args, handed[0].arg_kinds)) if reader.before(handed[0]) else None
    return None if parts is None else [renamed(p, only(settings_of(t) or {}), types, {}) for p in parts]


def _handed_on(body: list[Statement]) -> list[CallExpr]:
    """The calls of `super().__init__`."""
    calls: list[Expression] = [s.expr for s in everywhere(body) if isinstance(s, ExpressionStmt)]
    return [c for c in calls if isinstance(c, CallExpr) and isinstance(c.callee, SuperExpr) and c.callee.name == "__init__"]
