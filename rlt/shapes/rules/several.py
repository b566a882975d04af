"""Loss functions of more than one prediction and one target: ranking, embeddings, Gaussian, CTC."""

from __future__ import annotations

from typing import Any

from rlt.shapes import dims as D
from rlt.shapes.rules.broadcasting import broadcast_shapes, loss
from rlt.shapes.rules.problem import Problem
from rlt.shapes.rules.reductions import reduced_shape
from rlt.shapes.rules.tensor import TensorSpec, need_float, same_device
from rlt.shapes.shape import UNKNOWN_SHAPE


def _reduced(each: TensorSpec, reduction: Any) -> TensorSpec:
    if reduction == "none":
        return each
    return each.of(() if reduction in ("mean", "sum") else UNKNOWN_SHAPE)


def _alike(first: TensorSpec, *others: TensorSpec) -> None:
    """A silent broadcast between things that are compared one by one is refused."""
    for at, other in enumerate(others, 1):
        try:
            loss(first, other, "none")
        except Problem as problem:
            problem.argument, problem.involved = at, (0, at)
            problem.expected = f"the shape {first.shape} of the first"
            raise


def triplet_margin(
    anchor: TensorSpec, positive: TensorSpec, negative: TensorSpec, *_: Any, reduction: Any = "mean", **options: Any
) -> TensorSpec:
    """Three of one shape `[*batch, features]`; one number for each row."""
    need_float(anchor)
    _alike(anchor, positive, negative)
    return _reduced(anchor.of(reduced_shape(anchor.shape, -1, False)), reduction)


def cosine_embedding(
    input1: TensorSpec, input2: TensorSpec, target: TensorSpec, *_: Any, reduction: Any = "mean", **options: Any
) -> TensorSpec:
    """Two of one shape `[batch, features]` and a target `[batch]` of 1 and -1."""
    _alike(input1, input2)
    each = input1.of(reduced_shape(input1.shape, -1, False))
    if each.rank is not None and target.rank is not None:
        wrong = each.rank != target.rank or any(D.differ(a, b) and b != 1 for a, b in zip(each.dims, target.dims))
        if wrong:
            raise Problem(f"a target {each.shape}", str(target.shape), argument=2, involved=(0, 2))
    return _reduced(each, reduction)


def margin_ranking(
    input1: TensorSpec, input2: TensorSpec, target: TensorSpec, *_: Any, reduction: Any = "mean", **options: Any
) -> TensorSpec:
    """Scores of one shape, and a target that broadcasts with them, of as many dimensions."""
    _alike(input1, input2)
    if input1.rank is not None and target.rank is not None and input1.rank != target.rank:
        raise Problem(f"a target of {input1.rank} dimensions, as {input1.shape}", str(target.shape), kind="rank", argument=2)
    return _reduced(input1.of(broadcast_shapes(input1.shape, target.shape)), reduction)


def gaussian_nll(input: TensorSpec, target: TensorSpec, var: Any, *_: Any, reduction: Any = "mean", **options: Any) -> TensorSpec:
    """Mean, target and variance; the variance may be one number for each row."""
    _alike(input, target)
    if isinstance(var, TensorSpec) and var.rank is not None and input.rank is not None:
        dims = var.dims
        one_each = len(dims) == len(input.dims) - 1 and not any(map(D.differ, dims, input.dims))
        broadcasts = len(dims) == len(input.dims) and not any(
            D.differ(a, b) and not (i == len(dims) - 1 and a == 1) for i, (a, b) in enumerate(zip(dims, input.dims))
        )
        if not (one_each or broadcasts or not dims):
            raise Problem(f"a variance of the input's shape {input.shape}", str(var.shape), argument=2, involved=(0, 2))
    return _reduced(input, reduction)


def ctc(
    log_probs: TensorSpec,
    targets: TensorSpec,
    input_lengths: Any,
    target_lengths: Any,
    blank: Any = 0,
    reduction: Any = "mean",
    zero_infinity: Any = False,
) -> TensorSpec:
    """`[time, batch, classes]` against `[batch, length]` (or one row of all); lengths `[batch]`."""
    need_float(log_probs)
    same_device(log_probs, targets)
    if log_probs.rank is None:
        return _reduced(log_probs.of(UNKNOWN_SHAPE), reduction)
    if log_probs.rank not in (2, 3):
        raise Problem("(time, batch, classes)", str(log_probs.shape), kind="rank")
    batch = log_probs.dims[1] if log_probs.rank == 3 else None
    for at, (what, given) in enumerate(
        (("targets", targets), ("input lengths", input_lengths), ("target lengths", target_lengths)), 1
    ):
        rows = at == 1 and isinstance(given, TensorSpec) and given.rank == 2
        lengths = at > 1 and isinstance(given, TensorSpec) and given.rank == 1
        if batch is not None and (rows or lengths) and D.differ(batch, given.dims[0]):
            raise Problem(
                f"(time, batch, classes) for {what} of a batch of {D.show(given.dims[0])}",
                str(log_probs.shape),
                sizes=(given.dims[0], batch),
                involved=(0, at),
                fix="{x}.transpose(0, 1)" if log_probs.dims[0] == given.dims[0] else "",
            )
    return _reduced(log_probs.of((batch,) if log_probs.rank == 3 else ()), reduction)


def like_target(input: TensorSpec, target: TensorSpec, *_: Any, reduction: Any = "mean", **options: Any) -> TensorSpec:
    """Poisson, soft margin, hinge: one number for each of the input's."""
    _alike(input, target)
    return _reduced(input, reduction)


def by_row(input: TensorSpec, target: TensorSpec, *_: Any, reduction: Any = "mean", **options: Any) -> TensorSpec:
    """`multilabel_soft_margin_loss`: `[batch, classes]` against a target of that shape; one number for each row."""
    _alike(input, target)
    return _reduced(input.of(reduced_shape(input.shape, -1, False)), reduction)
