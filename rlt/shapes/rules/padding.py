"""Padding: `F.pad`, and the layers of constant, zero, reflection, replication and circular padding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rlt.shapes import dims as D
from rlt.shapes.rules.convolution import LAYOUT
from rlt.shapes.rules.problem import UNKNOWN, Problem, as_dim, is_unknown, known_int
from rlt.shapes.rules.tensor import TensorSpec, need_rank
from rlt.shapes.shape import UNKNOWN_SHAPE


def pad(input: TensorSpec, pad: Any, mode: Any = "constant", value: Any = None) -> TensorSpec:
    """`pad` holds (before, after) for the last dimension, then for the one before it, and so on."""
    if not isinstance(pad, (tuple, list)):
        return input.of(UNKNOWN_SHAPE)
    if len(pad) % 2:
        raise Problem("an even number of paddings", str(len(pad)), kind="argument")
    n = len(pad) // 2
    if input.rank is not None and n > input.rank:
        raise Problem(f"at least {n} dimensions for {len(pad)} paddings", str(input.shape), kind="rank")
    shape = input.shape.expose_last(n)
    sizes = list(shape.dims)
    for i in range(n):
        before, after = as_dim(pad[2 * i]), as_dim(pad[2 * i + 1])
        size = sizes[-1 - i]
        _check_mode(mode, size, before, after, -1 - i)
        out = D.add(D.add(size, before), after)
        if isinstance(out, int) and out < 0:
            raise Problem("a result of at least 0", f"{D.show(size)} padded by {before} and {after}", dimension=-1 - i)
        sizes[-1 - i] = out
    return input.of(shape.with_last(sizes[len(sizes) - n :], n) if n else shape)


def _check_mode(mode: Any, size: D.Dim, before: D.Dim, after: D.Dim, dimension: int) -> None:
    if mode not in ("reflect", "circular") or not isinstance(size, int):
        return
    limit = size - 1 if mode == "reflect" else size
    for p in (before, after):
        if isinstance(p, int) and p > limit:
            word = "smaller than" if mode == "reflect" else "at most"
            raise Problem(f"{mode} padding {word} the size {size}", str(p), dimension=dimension)


def make_padding(n: int, mode: str) -> Callable[..., TensorSpec]:
    """The rule of `ReflectionPad{n}d` and its like: padding once for all sides, or one number for each side."""

    def padded(x: TensorSpec, padding: Any) -> TensorSpec:
        if mode != "constant":
            need_rank(x, (n + 1, n + 2), f"{n + 2} dimensions {LAYOUT[n]}")
        if known_int(padding) or isinstance(padding, D.Sym):
            sides: Any = (padding,) * (2 * n)
        elif is_unknown(padding):
            sides = (UNKNOWN,) * (2 * n)
        else:
            sides = padding
        return pad(x, sides, mode)

    if mode == "constant":

        def constant_padding(x: TensorSpec, *, padding: Any, value: Any = 0.0) -> TensorSpec:
            return padded(x, padding)

        return constant_padding

    def padding_layer(x: TensorSpec, *, padding: Any) -> TensorSpec:
        return padded(x, padding)

    return padding_layer


def make_zero_padding(n: int) -> Callable[..., TensorSpec]:
    """The rule of `ZeroPad{n}d`, of any rank that has `n` dimensions."""
    constant = make_padding(n, "constant")

    def zero_padding(x: TensorSpec, *, padding: Any) -> TensorSpec:
        return constant(x, padding=padding)

    return zero_padding
