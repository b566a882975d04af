"""Sequential, ModuleList and ModuleDict: what they hold, one by one, where the source says it."""

from __future__ import annotations

from typing import Any

from mypy.nodes import (
    ARG_POS,
    ARG_STAR,
    CallExpr,
    DictExpr,
    Expression,
    FuncDef,
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

from rlt.shapes.mypy.chains import Chain, mark_of
from rlt.shapes.mypy.constants import evaluate
from rlt.shapes.mypy.displays import listed
from rlt.shapes.mypy.layers import layer_of
from rlt.shapes.mypy.modules import (
    MODULE_LIST,
    SEQUENTIAL,
    every_part,
    parts_of,
)
from rlt.shapes.mypy.reading import Reader
from rlt.shapes.mypy.reporting import SHAPE
from rlt.shapes.mypy.scope import MODULE, CheckedScope
from rlt.shapes.mypy.targets import changed_later, stored_once
from rlt.shapes.mypy.tensors import TypeMaker, any_type, checker_types, loose
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
    known = [p for e in expressions or () if (p := _module_type(scope, e)) is not None]
    if expressions and len(known) == len(expressions):
        mended = _check_chain(ctx, known, list(expressions))
    else:
        mended = _check_chain(ctx, _read(ctx, node, scope) or [], [])
    if not mended or not stored_once(ctx.api, node):
        return t
    return _holding(t, checker_types(ctx.api).tuple(mended), ctx)


def _read(ctx: Any, node: CallExpr, scope: CheckedScope) -> list[Type] | None:
    """The layers of a Sequential whose list is filled in loops and branches."""
    function = scope.functions[-1] if scope.functions else None
    if not isinstance(function, FuncDef):
        return None
    reader = Reader(function, ctx.api.tree.defs, checker_types(ctx.api), scope.cls)
    return reader.parts(zip(node.args, node.arg_kinds)) if reader.before(node) else None


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


def _check_chain(ctx: Any, parts: list[Type], places: list[Expression]) -> list[Type] | None:
    """Each layer against what the one before it gives; the first mistake of each pair is reported at its layer.

    `places`: where messages of the parts belong, if not where they were made. Gives the parts, those at fault without
    their sizes, so that a call does not report them once more; None where the fault is in a loop or branch.
    """
    at = dict(zip(map(id, parts), places))
    wrong: list[Type] = []

    def tell(text: str, layer: Type) -> None:
        wrong.append(layer)
        ctx.api.fail(text, at.get(id(layer), layer), code=SHAPE)

    Chain(checker_types(ctx.api), tell, lines={id(p): e.line for p, e in zip(parts, places)}).through(parts, UNKNOWN_TENSOR)
    if any(all(w is not p for p in parts) for w in wrong):
        return None
    return [_without_sizes(p) if any(w is p for w in wrong) else p for p in parts]


def _without_sizes(part: Type) -> Type:
    p = get_proper_type(part)
    if not isinstance(p, Instance) or len(p.args) != 1:
        return part
    return Instance(p.type, [any_type()], line=p.line, column=p.column)


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
    if any(map(mark_of, parts)):
        return ctx.default_return_type
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
