"""`rlt.sized(x, "b 3")` and its like: what the author says of a tensor, checked against what is known."""

from __future__ import annotations

from typing import Any

from mypy.types import Type

from rlt.shapes.dtypes import ANNOTATIONS
from rlt.shapes.mypy.calls import Given, NotUnderstood, given_arguments, scope_of, value_of
from rlt.shapes.mypy.reporting import SHAPE
from rlt.shapes.mypy.tensors import checker_types
from rlt.shapes.mypy.unification import Bindings, Unfit
from rlt.shapes.rules.tensor import TensorSpec
from rlt.shapes.shape import UNKNOWN_SHAPE, Shape, parse_shape

_WORDS = ("sized", "of_dtype", "stored", "like", "on_cpu", "on_cuda")
BELIEFS = {f"rlt{room}.{word}" for room in ("", ".shapes", ".shapes.beliefs", ".shapes.believe") for word in _WORDS}


def believed(ctx: Any) -> Type:
    """The tensor with what is said of it; a report where that cannot be."""
    word = ctx.context.callee.name if hasattr(ctx.context, "callee") else ""
    given: list[Given] = given_arguments(ctx)
    scope = scope_of(ctx, given)
    values = [value_of(g.expression, g.type, scope) for g in given]
    if not values or not isinstance(values[0], TensorSpec):
        raise NotUnderstood
    x = values[0]
    said = _said(word, values[1:])
    types = checker_types(ctx.api)
    try:
        Bindings(dict.fromkeys(said.shape.names())).bind("x", said, x)
    except Unfit as unfit:
        ctx.api.fail(f"{word} {unfit}", ctx.context, code=SHAPE)
    shape = x.shape if said.shape == UNKNOWN_SHAPE else _finer(said.shape, x.shape)
    return types.tensor(TensorSpec(shape, said.dtype or x.dtype, said.device or x.device))


def _said(word: str, rest: list[Any]) -> TensorSpec:
    first = rest[0] if rest else None
    if word == "sized" and isinstance(first, str):
        try:
            return TensorSpec(parse_shape(first))
        except ValueError:
            return TensorSpec()
    if word in ("of_dtype", "stored") and isinstance(first, str):
        return TensorSpec(UNKNOWN_SHAPE, ANNOTATIONS.get(first, first))
    if word == "like" and isinstance(first, TensorSpec):
        return first
    if word in ("on_cpu", "on_cuda"):
        return TensorSpec(UNKNOWN_SHAPE, None, word[3:])
    return TensorSpec()


def _finer(said: Shape, known: Shape) -> Shape:
    if said.rank is None or known.rank != said.rank:
        return said
    return Shape(tuple(k if s is None else s for s, k in zip(said.dims, known.dims)))
