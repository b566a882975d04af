"""Einstein sums: one letter, one size."""

from __future__ import annotations

from typing import Any

from rlt.shapes import dims as D
from rlt.shapes.dims import Dim
from rlt.shapes.rules.broadcasting import broadcast_shapes, broadcast_size
from rlt.shapes.rules.problem import Problem
from rlt.shapes.rules.tensor import TensorSpec, same_device
from rlt.shapes.shape import UNKNOWN_SHAPE, Shape


def einsum(equation: Any, *operands: Any) -> TensorSpec:
    """`einsum("bij,bjk->bik", a, b)`; `...` broadcasts; without `->` the letters that occur once, sorted."""
    if len(operands) == 1 and isinstance(operands[0], (tuple, list)):
        operands = tuple(operands[0])
    if not isinstance(equation, str) or not all(isinstance(x, TensorSpec) for x in operands):
        return TensorSpec()
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        raise Problem(f"{len(terms)} operands for {equation}", str(len(operands)), kind="argument")
    if any(not (c.isalpha() or c == ".") for c in left.replace(",", "") + right):
        raise Problem("letters, commas, `...` and ->", equation, kind="argument")
    device = same_device(*operands)
    dtype = operands[0].dtype if all(o.dtype == operands[0].dtype for o in operands) else None
    sizes: dict[str, Dim] = {}
    first: dict[str, int] = {}
    runs: list[Shape] = []
    unknown_run = False
    for i, (term, x) in enumerate(zip(terms, operands)):
        before, dots, after = term.partition("...")
        letters = before + after
        if x.rank is not None:
            hidden = x.rank - len(letters)
            if hidden < 0 or (hidden > 0 and not dots):
                raise Problem(
                    f"{len(letters)} dimensions for {term}"
                    if not dots
                    else f"at least {len(letters)} dimensions for {term}",
                    f"{x.rank} in {x.shape}",
                    kind="rank",
                    argument=i + 1,
                )
            dims = x.dims[: len(before)] + x.dims[len(before) + hidden :]
            if dots:
                runs.append(Shape(x.dims[len(before) : len(before) + hidden]))
        else:
            dims = x.shape.expose_first(len(before)).before[: len(before)] + x.shape.last(len(after))
            if len(dims) != len(letters):
                dims = (None,) * len(letters)
            unknown_run = unknown_run or bool(dots)
        for letter, size in zip(letters, dims):
            _meet(letter, size, i, x, equation, sizes, first, operands)
    return TensorSpec(_result(left, arrow, right, sizes, runs, unknown_run, equation), dtype, device)


def _meet(
    letter: str,
    size: Dim,
    i: int,
    x: TensorSpec,
    equation: str,
    sizes: dict[str, Dim],
    first: dict[str, int],
    operands: Any,
) -> None:
    if letter not in sizes:
        sizes[letter], first[letter] = size, i
        return
    have = sizes[letter]
    stretches = first[letter] != i and 1 in (have, size)
    if not stretches and D.differ(have, size):
        raise Problem(
            f"{letter}={D.show(have)} in {equation}, as in {operands[first[letter]].shape}",
            f"{letter}={D.show(size)} in {x.shape}",
            sizes=(have, size),
            argument=i + 1,
            involved=(first[letter] + 1, i + 1),
        )
    sizes[letter] = broadcast_size(have, size)


def _result(
    left: str, arrow: str, right: str, sizes: dict[str, Dim], runs: list[Shape], unknown_run: bool, equation: str
) -> Shape:
    if not arrow:
        letters = [c for c in left if c.isalpha()]
        right = ("..." if "..." in left else "") + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    run = broadcast_shapes(*runs) if runs else Shape(())
    if unknown_run and "..." in right:
        return UNKNOWN_SHAPE
    before, dots, after = right.partition("...")
    for c in before + after:
        if c not in sizes:
            raise Problem("an output letter of the inputs", f"{c} in {equation}", kind="argument")
        if (before + after).count(c) > 1:
            raise Problem("each output letter once", f"{c} in {equation}", kind="argument")
    return Shape((*(sizes[c] for c in before), *(run.dims if dots else ()), *(sizes[c] for c in after)))
