"""Calls of networks: one layer, a Sequential, or a user's module by its annotated forward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from mypy.nodes import CallExpr, Decorator, ForStmt, FuncDef, NameExpr, ReturnStmt
from mypy.types import (
    AnyType,
    CallableType,
    Instance,
    TupleType,
    Type,
    TypeOfAny,
    UnionType,
    UnpackType,
    get_proper_type,
)

from rlt.shapes import dims as D
from rlt.shapes.mypy.calls import Given, NotUnderstood, given_arguments, name_of, scope_of, type_of_result, values_of
from rlt.shapes.mypy.causes import report
from rlt.shapes.mypy.classes import class_names
from rlt.shapes.mypy.entering import enter, enter_forward
from rlt.shapes.mypy.layers import describe, layer_of, run
from rlt.shapes.mypy.mutations import everywhere
from rlt.shapes.mypy.renaming import has_shape
from rlt.shapes.mypy.reporting import layer_problem
from rlt.shapes.mypy.scope import MODULE, CheckedScope
from rlt.shapes.mypy.settings import settings_of
from rlt.shapes.mypy.signatures import Arguments, call_declared, function_of
from rlt.shapes.mypy.tensors import TypeMaker, any_type, checker_types, core, spec_of
from rlt.shapes.mypy.unification import Unfit
from rlt.shapes.rules.problem import Problem, as_dim
from rlt.shapes.rules.tensor import UNKNOWN_TENSOR, TensorSpec
from rlt.shapes.shape import UNKNOWN_SHAPE

SEQUENTIAL = "torch.nn.modules.container.Sequential"
MODULE_LIST = "torch.nn.modules.container.ModuleList"
STACKS = (
    "torch.nn.modules.transformer.TransformerEncoder",
    "torch.nn.modules.transformer.TransformerDecoder",
)
"""Modules that apply copies of one layer, which keeps its input's shape."""


Follow = Callable[[Instance, Type], Type | None]
"""Gives the result of a network called with one tensor, by what its forward does; None where that is not known."""


class Refused(Exception):
    """A call that does not fit, as text for the user; `sizes` where it is one size against another."""

    def __init__(self, text: str, sizes: tuple[D.Dim, D.Dim] | None = None) -> None:
        super().__init__(text)
        self.sizes = sizes


def parts_of(t: Type | None) -> list[Type] | None:
    """The modules of a Sequential (or list of modules) whose contents are known one by one."""
    p = get_proper_type(t) if t is not None else None
    if not isinstance(p, Instance) or len(p.args) != 1:
        return None
    held = core(p.args[0])
    if isinstance(held, Instance) and held.type.fullname == "builtins.tuple":  # any number of one kind
        return [UnpackType(held)]
    return list(held.items) if isinstance(held, TupleType) else None


def every_part(t: Type) -> Type | None:
    """The one type of all parts: of a comprehension's, or of parts that are all alike."""
    parts = parts_of(t)
    if not parts:
        return None
    first = parts[0]
    if isinstance(get_proper_type(first), TupleType):  # of a dictionary, a loop or a branch
        return None
    if isinstance(first, UnpackType):
        inner = get_proper_type(first.type)
        return inner.args[0] if isinstance(inner, Instance) and inner.args else None
    return first if all(p == first for p in parts) else None


def forward_of(t: Instance) -> CallableType | None:
    """The declared type of a user's forward."""
    symbol = t.type.get("forward")
    node = symbol.node if symbol is not None else None
    function = node.func if isinstance(node, Decorator) else node
    declared = get_proper_type(function.type) if isinstance(function, FuncDef) and function.type else None
    return declared if isinstance(declared, CallableType) else None


def call(
    t: Type,
    inputs: Arguments,
    types: TypeMaker,
    where: str = "",
    fed_by: str = "",
    written: Sequence[str] = (),
    on_self: bool = False,
    follow: Follow | None = None,
) -> Type | None:
    """The type of `t(inputs)`; None where it is not known. Refused where it cannot be.

    `on_self`: the network calls itself, so that its constructor's sizes are those of the place. `follow`: how to go into the
    forward of a network within, whose annotations name no shape.
    """
    p = get_proper_type(t)
    layer = layer_of(p)
    if layer is not None:
        name, settings = layer
        try:
            result = run(name, settings, inputs.positional, inputs.keywords)
        except Problem as problem:
            text = layer_problem(problem, name, settings, inputs.positional, where=where, fed_by=fed_by, written=written)
            raise Refused(text, problem.sizes) from None
        return type_of_result(result, types.unknown_tensor(), types)
    if not isinstance(p, Instance):
        return None
    if p.type.fullname == SEQUENTIAL:
        parts = parts_of(p)
        return None if parts is None else _chain(parts, inputs, types, where, follow)
    if p.type.fullname in STACKS:
        parts = parts_of(p)
        return None if not parts else call(parts[0], inputs, types, where=where, written=written)
    if p.type.has_base(MODULE):
        declared = forward_of(p)
        if declared is not None and (any(map(has_shape, declared.arg_types)) or has_shape(declared.ret_type)):
            held: dict[str, D.Dim] = {k: as_dim(v) for k, v in (settings_of(p) or {}).items()}
            if on_self:
                held = {name: D.name(name) for name in class_names(p.type)}
            try:
                return call_declared(declared, inputs, types, skip_self=True, built_with=held)
            except Unfit as unfit:
                raise Refused(f"{p.type.name}.forward {unfit}{fed_by}", unfit.sizes) from None
        x = inputs.positional[0] if len(inputs.positional) == 1 and not inputs.keywords else None
        if follow is not None and isinstance(x, TensorSpec):
            return follow(p, types.tensor(x))
    return None


def _chain(parts: list[Type], inputs: Arguments, types: TypeMaker, where: str, follow: Follow | None) -> Type | None:
    """Through a Sequential, from what goes in."""
    from rlt.shapes.mypy.chains import Chain

    first = inputs.positional[0] if inputs.positional else UNKNOWN_TENSOR
    result = Chain(types, where=where, follow=follow).through(parts, first, counted=True)
    return type_of_result(result, types.unknown_tensor(), types)


def as_input(t: Type) -> Any:
    """A result, as the next layer's input."""
    spec = spec_of(t)
    if spec is not None:
        return spec
    p = get_proper_type(t)
    return tuple(as_input(i) for i in p.items) if isinstance(p, TupleType) else UNKNOWN_TENSOR


def mended(t: Type, inputs: Arguments, types: TypeMaker) -> Type:
    """After a report: the result as if only the size at fault were unknown, so that one mistake is one message."""
    x = inputs.positional[0] if inputs.positional else UNKNOWN_TENSOR
    layer = layer_of(t)
    if not isinstance(x, TensorSpec) or (layer is not None and layer[0] == "Unflatten"):  # the sizes at fault are its result's
        return types.unknown_tensor()
    tries = []
    if x.rank is not None:
        tries = [TensorSpec(x.shape.replace(i, None), None, x.device) for i in (-1, 1) if x.rank > 1 or i == -1]
        tries.append(TensorSpec(x.of((None,) * x.rank).shape, None, x.device))
    for attempt in [*tries, TensorSpec(UNKNOWN_SHAPE, None, x.device)]:
        try:
            result = call(t, Arguments([attempt, *inputs.positional[1:]], inputs.keywords), types)
        except (Refused, NotUnderstood):
            continue
        if result is not None:
            return result
    return types.unknown_tensor()


def call_hook(ctx: Any) -> Type:
    """The hook of `module(...)`."""
    t = get_proper_type(ctx.type)
    if not isinstance(t, Instance) or not t.type.has_base(MODULE):
        return ctx.default_return_type
    types = checker_types(ctx.api)
    given = given_arguments(ctx)
    scope = scope_of(ctx, given)
    if _gives_a_pair_or_not(ctx.context, scope):
        return any_type()
    inputs = Arguments(*values_of(given, scope))
    simple = layer_of(t) is not None or t.type.fullname in (SEQUENTIAL, *STACKS) or _runs_as_sequential(t)
    follow = partial(enter_forward, ctx) if simple else None
    if simple and inputs.positional and not isinstance(inputs.positional[0], TensorSpec):
        if _is_packed(given[0].type):
            return ctx.default_return_type
        _refuse_several(ctx, t, given[0], inputs.positional[0])
        inputs.positional[0] = UNKNOWN_TENSOR
    built = f" (built on line {t.line})" if t.line > 0 and t.line != ctx.context.line else ""
    written = [name_of(g.expression) for g in given]
    try:
        turns = _turns_of_a_loop(given, scope, ctx.context)
        for x in turns:
            call(t, Arguments([x, *inputs.positional[1:]], inputs.keywords), types, where=built, written=written)
        result = call(t, inputs, types, where=built, written=written, on_self=_on_self(ctx.context, scope), follow=follow)
    except Refused as refused:
        report(ctx, str(refused), refused.sizes)
        return mended(t, inputs, types) if simple else _declared_result(t, types, ctx)
    if result is not None:
        _check_returned(ctx, t, result, inputs, scope, types)
    if simple or (result is not None and has_shape(result)):
        return result or types.unknown_tensor()
    if len(given) == 1:
        for x in turns:
            enter_forward(ctx, t, types.tensor(x))
    symbol = t.type.get("forward")
    entered = enter(ctx, function_of(symbol.node) if symbol is not None else None, t, quiet=result is not None)
    return entered or result or ctx.default_return_type


def _runs_as_sequential(t: Instance) -> bool:
    from rlt.shapes.mypy.subclasses import is_sequential

    return is_sequential(t.type)


def _gives_a_pair_or_not(node: Any, scope: CheckedScope) -> bool:
    """Whether the network is one of several (`GRU | Linear`) of which some give a tuple: code then asks a flag which it is."""
    callee = scope.type_of(node.callee) if isinstance(node, CallExpr) else None
    several = get_proper_type(callee) if callee is not None else None
    if not isinstance(several, UnionType):
        return False
    layers = [layer_of(i) for i in several.items]
    return len({layer is not None and layer[0] in _PAIRS for layer in layers}) > 1


_PAIRS = ("LSTM", "GRU", "RNN", "MultiheadAttention")


def _is_packed(t: Type) -> bool:
    """A `PackedSequence`, of which a recurrent layer makes another."""
    p = get_proper_type(t)
    return isinstance(p, TupleType) and p.partial_fallback.type.fullname == "torch.nn.utils.rnn.PackedSequence"


def _refuse_several(ctx: Any, t: Instance, given: Given, value: Any) -> None:
    """`self.head(self.lstm(x))`: a layer that takes one tensor is given an LSTM's two, or the values and indices of a `max`."""
    parts = parts_of(t) if t.type.fullname == SEQUENTIAL else [t]
    first = layer_of(parts[0]) if parts else None
    several = isinstance(value, tuple) and any(isinstance(v, TensorSpec) for v in value)
    if first is None or first[0] == "Identity" or not several:
        return
    p = get_proper_type(given.type)
    is_record = isinstance(p, TupleType) and p.partial_fallback.type.fullname.startswith("torch.return_types.")
    which = ".values" if is_record else "[0]"
    written = name_of(given.expression)
    fix = f"write {written}{which}" if written else f"take {which} of it"
    report(ctx, f"{text_of(t)} expects a tensor, gets a tuple of {len(value)}; {fix}", None)


def _check_returned(ctx: Any, t: Instance, result: Type, inputs: Arguments, scope: CheckedScope, types: TypeMaker) -> None:
    """A network that is one of several (`DuelingHead | nn.Linear`), whose result is returned: each gives what is declared.

    mypy's own report, which stands where none of them does, is lenient with the several shapes of one variable.
    """
    node = ctx.context
    several = get_proper_type(scope.type_of(node.callee) or t) if isinstance(node, CallExpr) else t
    function = scope.functions[-1] if scope.functions else None
    if not isinstance(several, UnionType) or not isinstance(function, FuncDef):
        return
    declared = get_proper_type(function.type) if function.type is not None else None
    wanted, got = spec_of(declared.ret_type) if isinstance(declared, CallableType) else None, spec_of(result)
    if wanted is None or got is None or _gives(got, wanted):
        return
    if not any(isinstance(s, ReturnStmt) and s.expr is node for s in everywhere(function.body.body)):
        return
    others = [spec_of(call_or_unknown(other, inputs, types)) for other in several.items]
    if any(o is not None and _gives(o, wanted) for o in others):
        sizes = next(pair for pair in zip(wanted.dims, got.dims) if D.differ(*pair))
        report(ctx, f"{text_of(t)} gives {got}, but {function.name} declares {wanted}", sizes)


def _gives(got: TensorSpec, wanted: TensorSpec) -> bool:
    same_rank = got.rank is not None and got.rank == wanted.rank
    return not same_rank or not any(map(D.differ, got.dims, wanted.dims))


def call_or_unknown(t: Type, inputs: Arguments, types: TypeMaker) -> Type | None:
    try:
        return call(t, inputs, types)
    except (Refused, NotUnderstood):
        return None


def _turns_of_a_loop(given: list[Given], scope: CheckedScope, node: Any) -> list[TensorSpec]:
    """What the layers of a list of equals are given in one turn of a loop and another: each must fit."""
    first = given[0] if given and isinstance(given[0].expression, NameExpr) else None
    p = get_proper_type(first.type) if first is not None else None
    if not isinstance(p, UnionType) or not scope.functions or not isinstance(node, CallExpr):
        return []
    if not any(_runs_over_equals(s, node, scope) for s in everywhere(scope.functions[-1].body.body)):
        return []
    turns = [spec_of(i) for i in p.items]
    return [s for s in turns if s is not None] if None not in turns else []


def _runs_over_equals(s: Any, node: CallExpr, scope: CheckedScope) -> bool:
    """Whether `s` is `for layer in self.layers`, the layers all alike and not just one, and the call is `layer(…)` within."""
    if not isinstance(s, ForStmt) or not isinstance(s.index, NameExpr) or not isinstance(node.callee, NameExpr):
        return False
    over = get_proper_type(scope.type_of(s.expr) or AnyType(TypeOfAny.special_form))
    parts = parts_of(over) or [] if isinstance(over, Instance) and over.type.fullname == MODULE_LIST else []
    several = len(parts) > 1 or any(isinstance(part, UnpackType) for part in parts)
    alike = several and every_part(over) is not None
    return alike and s.index.name == node.callee.name and s.line <= node.line


def _on_self(node: Any, scope: CheckedScope) -> bool:
    """Whether the call is `self(…)`, in a body that is not checked for one object of known sizes."""
    named = isinstance(node, CallExpr) and isinstance(node.callee, NameExpr) and node.callee.name == "self"
    return named and scope.entered_with() is None


def _declared_result(t: Instance, types: TypeMaker, ctx: Any) -> Type:
    declared = forward_of(t)
    if declared is None:
        return ctx.default_return_type
    return call_declared(declared, Arguments([]), types, skip_self=True, built_with={})


def text_of(t: Type) -> str:
    """A module as messages name it."""
    layer = layer_of(t)
    if layer is not None:
        return describe(*layer)
    p = get_proper_type(t)
    return p.type.name if isinstance(p, Instance) else "a module"
