"""Sequential, ModuleList and ModuleDict: what they hold, one by one, where the source says it."""

from __future__ import annotations

from typing import Any

from mypy.nodes import (
    ARG_POS,
    ARG_STAR,
    CallExpr,
    DictExpr,
    Expression,
    GeneratorExpr,
    IndexExpr,
    ListComprehension,
    ListExpr,
    NameExpr,
    SliceExpr,
    StrExpr,
    TupleExpr,
)
from mypy.types import CallableType, Instance, LiteralType, TupleType, Type, UnpackType, get_proper_type

from rlt.shapes.mypy.calls import NotUnderstood
from rlt.shapes.mypy.constants import evaluate
from rlt.shapes.mypy.displays import listed
from rlt.shapes.mypy.layers import layer_of
from rlt.shapes.mypy.modules import (
    MODULE_LIST,
    SEQUENTIAL,
    Refused,
    as_input,
    call,
    every_part,
    mended,
    parts_of,
    text_of,
)
from rlt.shapes.mypy.reporting import SHAPE
from rlt.shapes.mypy.scope import MODULE, CheckedScope
from rlt.shapes.mypy.signatures import Arguments
from rlt.shapes.mypy.targets import changed_later, stored_once
from rlt.shapes.mypy.tensors import TypeMaker, checker_types, loose
from rlt.shapes.rules.layers import LAYERS
from rlt.shapes.rules.tensor import UNKNOWN_TENSOR

_CONTAINER = "torch.nn.modules.container."
MODULE_DICT = _CONTAINER + "ModuleDict"
CONTAINERS = (SEQUENTIAL, MODULE_LIST, MODULE_DICT)


def _holding(t: Instance, held: Type, ctx: Any) -> Instance:
    return Instance(t.type, [loose(held)], line=ctx.context.line, column=ctx.context.column)


# ------------------------------------------------------------------------------------------------ constructors


def sequential(ctx: Any) -> Type:
    """`nn.Sequential(a, b, …)`, `nn.Sequential(OrderedDict([("a", a), …]))`, `nn.Sequential(*[a, b])`."""
    t, node = get_proper_type(ctx.default_return_type), ctx.context
    if not isinstance(t, Instance) or not isinstance(node, CallExpr):
        return ctx.default_return_type
    scope = CheckedScope(ctx.api)
    expressions = _listed(node, scope)
    if not expressions:
        return t
    types = [_module_type(scope, e) for e in expressions]
    known = [p for p in types if p is not None]
    if len(known) < len(types):
        return t
    _check_chain(ctx, known, expressions)
    if not stored_once(ctx.api, node):
        return t
    return _holding(t, checker_types(ctx.api).tuple(known), ctx)


def _listed(node: CallExpr, scope: CheckedScope) -> list[Expression] | None:
    """The modules that a Sequential is built of, as expressions; None where they are not all in sight."""
    if len(node.args) == 1 and node.arg_kinds[0] == ARG_POS and isinstance(node.args[0], CallExpr):
        inner = node.args[0]
        named = isinstance(inner.callee, NameExpr) and inner.callee.name == "OrderedDict" and len(inner.args) == 1
        if named and isinstance(inner.args[0], (ListExpr, TupleExpr)):
            pairs = inner.args[0].items
            return [p.items[1] for p in pairs if isinstance(p, TupleExpr) and len(p.items) == 2]
    found: list[Expression] = []
    for e, kind in zip(node.args, node.arg_kinds):
        if kind == ARG_POS:
            found.append(e)
        elif kind == ARG_STAR:
            items = listed(e, scope)
            if items is None:
                return None
            found.extend(items)
        else:
            return None
    return found


def _module_type(scope: CheckedScope, e: Expression) -> Type | None:
    t = scope.type_of(e)
    p = get_proper_type(t) if t is not None else None
    return p if isinstance(p, Instance) and p.type.has_base(MODULE) else None


def _check_chain(ctx: Any, types: list[Type], expressions: list[Expression]) -> None:
    """Each layer against what the one before it gives; the first mistake of each pair is reported at its layer."""
    maker = checker_types(ctx.api)
    current: Any = UNKNOWN_TENSOR
    fed_by = ""
    for t, e in zip(types, expressions):
        inputs = Arguments([current])
        try:
            result = call(t, inputs, maker, fed_by=fed_by)
        except Refused as refused:
            ctx.api.fail(str(refused), e, code=SHAPE)
            result = mended(t, inputs, maker)
        except NotUnderstood:
            result = None
        current = UNKNOWN_TENSOR if result is None else as_input(result)
        layer = layer_of(t)
        if layer is None or not LAYERS[layer[0]].keeps_shape:
            fed_by = f" from {text_of(t)} on line {e.line}"


def module_list(ctx: Any) -> Type:
    """`nn.ModuleList([a, b])`, `nn.ModuleList(a(i) for i in …)`, `nn.ModuleDict({"a": a})`."""
    t, node = get_proper_type(ctx.default_return_type), ctx.context
    if not isinstance(t, Instance) or not isinstance(node, CallExpr) or len(node.args) != 1:
        return ctx.default_return_type
    scope, types = CheckedScope(ctx.api), checker_types(ctx.api)
    given = node.args[0]
    held: Type | None = None
    if isinstance(given, (ListComprehension, GeneratorExpr)):
        generator = given.generator if isinstance(given, ListComprehension) else given
        each = _module_type(scope, generator.left_expr)
        if each is not None:
            held = types.instance("builtins.tuple", [each])
    elif isinstance(given, (ListExpr, TupleExpr, NameExpr)):
        items = listed(given, scope)
        modules = [_module_type(scope, i) for i in items or []]
        if modules and None not in modules:
            held = types.tuple([m for m in modules if m is not None])
    elif isinstance(given, DictExpr):
        held = _dictionary(given, scope, types)
    if held is None or not stored_once(ctx.api, node) or changed_later(ctx.api, node):
        return t
    return _holding(t, held, ctx)


def _dictionary(given: DictExpr, scope: CheckedScope, types: TypeMaker) -> Type | None:
    items: list[Type] = []
    for key, value in given.items:
        module = _module_type(scope, value)
        if not isinstance(key, StrExpr) or module is None:
            return None
        items.append(types.tuple([types.text(key.value), module]))
    return types.tuple(items) if items else None


# ---------------------------------------------------------------------------------------------- what they give


def item(ctx: Any) -> Type:
    """`layers[0]`, `layers[:2]`, `heads["pi"]`."""
    t, node = get_proper_type(ctx.type), ctx.context
    parts = parts_of(t)
    if not parts or not isinstance(t, Instance) or not isinstance(node, IndexExpr):
        return ctx.default_return_type
    scope = CheckedScope(ctx.api)
    if isinstance(node.index, SliceExpr):
        bounds = [None if b is None else evaluate(b, scope) for b in (node.index.begin_index, node.index.end_index)]
        if any(isinstance(p, UnpackType) for p in parts) or not all(b is None or type(b) is int for b in bounds):
            return ctx.default_return_type
        return _holding(t, checker_types(ctx.api).tuple(parts[slice(*bounds)]), ctx)
    at = evaluate(node.index, scope)
    if isinstance(at, str):
        for p in map(get_proper_type, parts):
            key = get_proper_type(p.items[0]) if isinstance(p, TupleType) and len(p.items) == 2 else None
            if isinstance(p, TupleType) and isinstance(key, LiteralType) and key.value == at:
                return p.items[1]
        return ctx.default_return_type
    alike = every_part(t)
    if alike is not None:
        return alike
    if type(at) is int and -len(parts) <= at < len(parts) and not isinstance(get_proper_type(parts[at]), TupleType):
        return parts[at]
    return ctx.default_return_type


DECORATED = ("__iter__", "values", "items")


def decorated(ctx: Any, name: str) -> Type:
    """`for layer in layers`, `heads.items()`: torch's decorator hides these methods from mypy; here is their type."""
    types = checker_types(ctx.api)
    t = get_proper_type(ctx.type)
    if not isinstance(t, Instance):
        return ctx.default_attr_type
    alike = every_part(t)
    if t.type.fullname == MODULE_DICT:
        pairs = [p.items[1] for p in map(get_proper_type, parts_of(t) or []) if isinstance(p, TupleType)]
        alike = pairs[0] if pairs and all(p == pairs[0] for p in pairs) else None
    if alike is None and name == "__iter__" and t.type.fullname == MODULE_DICT:
        return ctx.default_attr_type
    of: Type = alike if alike is not None else types.instance(MODULE)
    if name == "items":
        of = types.tuple([types.instance("builtins.str"), of])
    elif name == "__iter__" and t.type.fullname == MODULE_DICT:
        of = types.instance("builtins.str")
    gives = types.instance("typing.Iterator" if name == "__iter__" else "typing.Iterable", [of])
    return CallableType([], [], [], gives, types.instance("builtins.function"), name=name)


def iterated(ctx: Any) -> Type:
    """`enumerate(layers)`, `zip(layers, xs)`, `reversed(layers)`: what the list's parts are."""
    default = get_proper_type(ctx.default_return_type)
    types = [get_proper_type(t) for group in ctx.arg_types for t in group]
    lists = [t for t in types if isinstance(t, Instance) and t.type.fullname in CONTAINERS]
    alike = [every_part(t) for t in lists]
    if not lists or not isinstance(default, Instance) or len(default.args) != 1:
        return ctx.default_return_type
    of = get_proper_type(default.args[0])
    if isinstance(of, TupleType) and len(of.items) == len(types):  # zip
        items = [
            (every_part(t) or i) if isinstance(t, Instance) and t.type.fullname in CONTAINERS else i
            for t, i in zip(types, of.items)
        ]
        return default.copy_modified(args=[of.copy_modified(items=items)])
    if len(alike) == 1 and alike[0] is not None and len(types) <= 2:  # enumerate, reversed
        return default.copy_modified(args=[alike[0]])
    return ctx.default_return_type


def stack(ctx: Any) -> Type:
    """`nn.TransformerEncoder(layer, n)` remembers its layer."""
    t = get_proper_type(ctx.default_return_type)
    first = ctx.args[0][0] if ctx.args and ctx.args[0] else None
    if not isinstance(t, Instance) or first is None:
        return ctx.default_return_type
    of = _module_type(CheckedScope(ctx.api), first)
    if of is None or layer_of(of) is None or not stored_once(ctx.api, ctx.context):
        return t
    return _holding(t, checker_types(ctx.api).tuple([of]), ctx)
