"""`rlt.sized(x, "b 3")` and its like: what the author says of a tensor, checked against what is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mypy.types import Type

from rlt.shapes import dims as D
from rlt.shapes.mypy.calls import NotUnderstood, given_arguments, scope_of, values_of
from rlt.shapes.mypy.reporting import SHAPE
from rlt.shapes.mypy.tensors import checker_types
from rlt.shapes.mypy.unification import Bindings, Unfit
from rlt.shapes.rules.problem import as_dim, is_unknown
from rlt.shapes.rules.tensor import TensorSpec
from rlt.shapes.shape import UNKNOWN_SHAPE, Shape, parse_shape

_WORDS = ("sized", "of_dtype", "stored", "like", "on_cpu", "on_cuda")
BELIEFS = {f"rlt{room}.{word}" for room in ("", ".shapes", ".shapes.believe") for word in _WORDS}


def believed(ctx: Any) -> Type:
    """The tensor with what is said of it; a report where that cannot be."""
    word = ctx.context.callee.name if hasattr(ctx.context, "callee") else ""
    given = given_arguments(ctx)
    positional, keywords = values_of(given, scope_of(ctx, given))
    if not positional or not isinstance(positional[0], TensorSpec):
        raise NotUnderstood
    x = positional[0]
    said = _said(word, positional[1:], keywords)
    types = checker_types(ctx.api)
    try:
        Bindings(dict.fromkeys(said.shape.names())).bind("x", said, x)
    except Unfit as unfit:
        ctx.api.fail(f"{word} {unfit}", ctx.context, code=SHAPE)
    shape = x.shape if said.shape == UNKNOWN_SHAPE else _finer(said.shape, x.shape)
    return types.tensor(TensorSpec(shape, said.dtype or x.dtype, said.device or x.device))


def _said(word: str, rest: list[Any], keywords: Mapping[str, Any]) -> TensorSpec:
    given = rest[0] if rest else keywords.get({"sized": "shape", "of_dtype": "dtype", "stored": "device"}.get(word, "other"))
    if word == "sized":
        return TensorSpec(_shape(given, {k: v for k, v in keywords.items() if k != "shape"}))
    if word == "of_dtype" and isinstance(given, str):
        return TensorSpec(UNKNOWN_SHAPE, given)
    if word == "stored" and isinstance(given, str):
        return TensorSpec(UNKNOWN_SHAPE, None, given.partition(":")[0])
    if word == "like" and isinstance(given, TensorSpec):
        told = {fact: keywords.get(fact, True) is True for fact in ("shape", "dtype", "device")}
        return TensorSpec(
            given.shape if told["shape"] else UNKNOWN_SHAPE,
            given.dtype if told["dtype"] else None,
            given.device if told["device"] else None,
        )
    if word in ("on_cpu", "on_cuda"):
        return TensorSpec(UNKNOWN_SHAPE, None, word[3:])
    return TensorSpec()


def _shape(said: Any, sizes: Mapping[str, Any]) -> Shape:
    """Of a text, whose names `sizes` may give a value, or of a sequence of sizes."""
    if isinstance(said, (tuple, list)):
        return Shape(tuple(None if is_unknown(size) else as_dim(size) for size in said))
    if not isinstance(said, str):
        return UNKNOWN_SHAPE
    try:
        shape = parse_shape(said)
    except ValueError:
        return UNKNOWN_SHAPE  # the call itself says what is wrong with the text
    known = {name: as_dim(size) for name, size in sizes.items() if not is_unknown(size)}
    return Shape(tuple(D.substitute(d, known) for d in shape.dims), shape.run, shape.run_name)


def _finer(said: Shape, known: Shape) -> Shape:
    if said.rank is None or known.rank != said.rank:
        return said
    return Shape(tuple(k if s is None else s for s, k in zip(said.dims, known.dims)))
