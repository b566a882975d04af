"""torch.distributions: `Normal(mean, std).log_prob(action)` has a shape, that of an action.

A distribution's type remembers one draw and how many of its last dimensions are one event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mypy.types import Instance, LiteralType, TupleType, Type, get_proper_type

from rlt.shapes.mypy.calls import given_arguments, name_of, scope_of, values_of
from rlt.shapes.mypy.causes import report
from rlt.shapes.mypy.targets import as_stored, stored_once
from rlt.shapes.mypy.tensors import TypeMaker, checker_types, core, loose, spec_of
from rlt.shapes.rules import distributions as rules
from rlt.shapes.rules.distributions import FAMILIES, Spread
from rlt.shapes.rules.problem import Problem
from rlt.shapes.rules.tensor import TensorSpec

PACKAGE = "torch.distributions."
INDEPENDENT = PACKAGE + "independent.Independent"
METHODS = ("sample", "rsample", "log_prob", "entropy", "cdf", "icdf")
ATTRIBUTES = ("mean", "mode", "stddev", "variance")


def family(fullname: str) -> str | None:
    """`Normal` of `torch.distributions.normal.Normal`."""
    name = fullname.rpartition(".")[2]
    return name if fullname.startswith(PACKAGE) and name in FAMILIES and fullname.count(".") == 3 else None


def function(fullname: str) -> Callable[[Any], Type] | None:
    """The hook of a constructor, or of `kl_divergence`."""
    if family(fullname) is not None:
        return construct
    return {INDEPENDENT: independent, PACKAGE + "kl.kl_divergence": divergence}.get(fullname)


def _spread(t: Type | None) -> Spread | None:
    """What a type remembers of a distribution."""
    p = get_proper_type(t) if t is not None else None
    if not isinstance(p, Instance) or len(p.args) != 1:
        return None
    if p.type.fullname == INDEPENDENT:
        return _spread(p.args[0])
    held = core(p.args[0]) if family(p.type.fullname) is not None else None
    if not isinstance(held, TupleType) or len(held.items) != 2:
        return None
    draw, event = spec_of(held.items[0]), get_proper_type(held.items[1])
    if draw is None or not isinstance(event, LiteralType) or not isinstance(event.value, int):
        return None
    return Spread(draw, event.value)


def _remembering(t: Instance, of: Spread | None, types: TypeMaker) -> Type:
    if of is None:
        return t
    return t.copy_modified(args=[loose(types.tuple([types.tensor(of.draw), types.number(of.event)]))])


def construct(ctx: Any) -> Type:
    """The hook of `Normal(mean, std)`."""
    t = get_proper_type(ctx.default_return_type)
    name = family(t.type.fullname) if isinstance(t, Instance) else None
    if name is None or not isinstance(t, Instance):
        return ctx.default_return_type
    given = given_arguments(ctx)
    positional, keywords = values_of(given, scope_of(ctx, given))
    try:
        of = rules.made(name, positional, keywords)
    except Problem as problem:
        _report(ctx, name, problem)
        return t
    return _remembering(t, of, checker_types(ctx.api)) if stored_once(ctx.api, ctx.context) else t


def independent(ctx: Any) -> Type:
    """The hook of `Independent(base, 1)`: the base, whose events have more dimensions."""
    t, types = get_proper_type(ctx.default_return_type), checker_types(ctx.api)
    given = given_arguments(ctx)
    base = get_proper_type(given[0].type) if given else None
    of = _spread(base)
    if not isinstance(t, Instance) or not isinstance(base, Instance) or of is None or len(given) < 2:
        return ctx.default_return_type
    if base.type.fullname == INDEPENDENT:
        return ctx.default_return_type
    positional, keywords = values_of(given[1:2], scope_of(ctx, given))
    n = positional[0] if positional else keywords.get("reinterpreted_batch_ndims")
    try:
        made = rules.independent(of, n)
    except Problem as problem:
        _report(ctx, "Independent", problem)
        return t
    return t.copy_modified(args=[_remembering(base, made, types)])


def method(ctx: Any, name: str) -> Type:
    """The hook of `log_prob`, `sample` and the like."""
    return as_stored(ctx.api, ctx.context, _given(ctx, name), checker_types(ctx.api))


def _given(ctx: Any, name: str) -> Type:
    of = _spread(ctx.type)
    if of is None:
        return ctx.default_return_type
    given = given_arguments(ctx)
    positional, keywords = values_of(given, scope_of(ctx, given))
    value = positional[0] if positional else next(iter(keywords.values()), None)
    types = checker_types(ctx.api)
    if name in ("sample", "rsample"):
        return types.tensor(rules.sample(of, () if value is None else value))
    if name == "entropy":
        return types.tensor(of.each())
    if not isinstance(value, TensorSpec):
        return ctx.default_return_type
    try:
        return types.tensor((rules.log_prob if name == "log_prob" else rules.cdf)(of, value))
    except Problem as problem:
        p = get_proper_type(ctx.type)
        what = f"{p.type.name}.{name}" if isinstance(p, Instance) else name
        _report(ctx, f"{what}({name_of(given[0].expression) or 'value'})", problem)
        return types.unknown_tensor()


def attribute(ctx: Any, name: str) -> Type:
    """The hook of `mean`, `mode`, `stddev`, `variance`: sizes of one draw."""
    of = _spread(ctx.type)
    if of is None or (of.draw.dtype == "int64" and name != "mode"):  # a Categorical has no mean
        return ctx.default_attr_type
    return checker_types(ctx.api).tensor(of.draw)


def divergence(ctx: Any) -> Type:
    """The hook of `kl_divergence(p, q)`."""
    p, q = ([_spread(g.type) for g in given_arguments(ctx)] + [None, None])[:2]
    if p is None or q is None:
        return ctx.default_return_type
    try:
        return checker_types(ctx.api).tensor(rules.divergence(p, q))
    except Problem as problem:
        _report(ctx, "kl_divergence", problem)
        return ctx.default_return_type


def _report(ctx: Any, what: str, problem: Problem) -> None:
    report(ctx, f"{what} expects {problem.expected}, gets {problem.got}", problem.sizes)
