"""`self.register_buffer("mean", torch.zeros(3))` makes `self.mean` a tensor.

Without it mypy answers with the type of `nn.Module.__getattr__`, `Tensor | Module`, and refuses `x - self.mean`.
"""

from __future__ import annotations

from mypy.nodes import CallExpr, ClassDef, ExpressionStmt, MemberExpr, NameExpr, StrExpr
from mypy.plugin import ClassDefContext
from mypy.plugins.common import add_attribute_to_class

from rlt.shapes.mypy.assignments import assignments, methods
from rlt.shapes.mypy.mutations import everywhere
from rlt.shapes.mypy.tensors import TENSOR


def declare(ctx: ClassDefContext) -> None:
    """As if the class said `mean: Tensor`, for each buffer that it registers with a tensor and declares nowhere."""
    info = ctx.cls.info
    names = [n for n in _registered(ctx.cls) if not any(n in base.names for base in info.mro)]
    if not names:
        return
    declared = {a.name for a in assignments(ctx.cls.defs.body)}
    declared |= {a.name for m in methods(ctx.cls.defs) for a in assignments(m.body.body) if a.of_self}
    tensor = ctx.api.named_type_or_none(TENSOR)
    for name in names:
        if tensor is not None and name not in declared:
            add_attribute_to_class(ctx.api, ctx.cls, name, tensor)


def _registered(cls: ClassDef) -> dict[str, None]:
    found: dict[str, None] = {}
    for method in methods(cls.defs):
        for s in everywhere(method.body.body):
            call = s.expr if isinstance(s, ExpressionStmt) else None
            if not isinstance(call, CallExpr) or not isinstance(call.callee, MemberExpr) or len(call.args) < 2:
                continue
            on_self = isinstance(call.callee.expr, NameExpr) and call.callee.expr.name == "self"
            name, value = call.args[:2]
            nothing = isinstance(value, NameExpr) and value.name == "None"  # a tensor comes later, or never
            if call.callee.name == "register_buffer" and on_self and isinstance(name, StrExpr) and not nothing:
                found[name.value] = None
    return found
