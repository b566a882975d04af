"""Operators number by number, and reductions."""

from __future__ import annotations

import random
from typing import Any

import torch
from torch import Tensor

from experiments.proofs.rule_case import Case, operator_case
from experiments.proofs.torch_cases.draws import X, Y, Z, a_dim, any_tensor, generator, options, sizes, tensor


def broadcast_pair(r: random.Random) -> tuple[tuple[int, ...], tuple[int, ...]]:
    a = sizes(r)
    b = [s if r.random() < 0.75 else 1 for s in a[r.randint(0, len(a)) :]] if a else list(sizes(r))
    if b and r.random() < 0.15:
        b[r.randrange(len(b))] = r.randint(1, 6)
    pair = (a, tuple(b))
    return pair if r.random() < 0.5 else pair[::-1]


@generator(6)
def elementwise(r: random.Random) -> Case:
    a, b = broadcast_pair(r)
    name = r.choice(
        [
            "add",
            "sub",
            "mul",
            "div",
            "true_divide",
            "floor_divide",
            "maximum",
            "minimum",
            "eq",
            "lt",
            "ge",
            "pow",
            "remainder",
            "atan2",
            "logical_and",
            "fmod",
            "ne",
            "hypot",
        ]
    )
    return operator_case(name, [any_tensor(r, a), any_tensor(r, b)], X, Y)


@generator(2)
def operators_with_numbers(r: random.Random) -> Case:
    name = r.choice(
        [
            "__add__",
            "__radd__",
            "__sub__",
            "__rsub__",
            "__mul__",
            "__truediv__",
            "__rtruediv__",
            "__pow__",
            "__lt__",
            "__eq__",
            "__floordiv__",
        ]
    )
    number = r.choice((2, 3, 0.5, 2.0))
    if r.random() < 0.5:
        return operator_case(name, [any_tensor(r, sizes(r))], X, number, where=Tensor)
    a, b = broadcast_pair(r)
    return operator_case(name, [any_tensor(r, a), any_tensor(r, b)], X, Y, where=Tensor)


@generator()
def bitwise(r: random.Random) -> Case:
    a, b = broadcast_pair(r)
    pick = lambda s: torch.ones(s, dtype=r.choice((torch.bool, torch.int64, torch.bool, torch.float32)))  # noqa: E731
    return operator_case(r.choice(("__and__", "__or__", "__xor__")), [pick(a), pick(b)], X, Y, where=Tensor)


@generator(2)
def unary(r: random.Random) -> Case:
    name = r.choice(
        [
            "exp",
            "log",
            "sqrt",
            "sin",
            "tanh",
            "sigmoid",
            "abs",
            "neg",
            "floor",
            "square",
            "isnan",
            "sign",
            "log1p",
            "expm1",
            "erf",
            "rsqrt",
            "isfinite",
            "logical_not",
        ]
    )
    x = any_tensor(r, sizes(r))
    if x.dtype == torch.bool and name in ("neg", "floor", "abs", "square", "sign"):
        x = x.float()
    return operator_case(name, [x], X)


@generator(2)
def three_tensors(r: random.Random) -> Case:
    a, b = broadcast_pair(r)
    if r.random() < 0.5:
        condition = torch.ones(b, dtype=torch.bool) if r.random() < 0.9 else torch.ones(b)
        other = Y if r.random() < 0.7 else 0.5
        return operator_case("where", [condition, any_tensor(r, a), any_tensor(r, a)], X, Y, Z if other is Y else other)
    name = r.choice(("lerp", "addcmul", "addcdiv"))
    return operator_case(name, [torch.rand(a), torch.rand(b), torch.rand(b)], X, Y, Z)


@generator()
def clamping(r: random.Random) -> Case:
    a, b = broadcast_pair(r)
    if r.random() < 0.4:
        return operator_case("clamp", [torch.rand(a)], X, **(options(r, min=(0, 0.1), max=(1, 2.0)) or {"min": 0}))
    if r.random() < 0.5:
        return operator_case("clamp", [torch.rand(a), torch.rand(b)], X, min=Y)
    return operator_case("masked_fill", [any_tensor(r, a), torch.ones(b, dtype=torch.bool)], X, Y, 0)


@generator(4)
def reductions(r: random.Random) -> Case:
    shape = sizes(r)
    x = tensor(r, shape, odd=0.3)
    name = r.choice(
        [
            "sum",
            "mean",
            "prod",
            "amax",
            "amin",
            "std",
            "var",
            "logsumexp",
            "argmax",
            "argmin",
            "any",
            "all",
            "norm",
            "nansum",
            "count_nonzero",
        ]
    )
    dim: Any = a_dim(r, len(shape))
    if (
        name in ("sum", "mean", "amax", "amin", "std", "var", "logsumexp", "norm")
        and len(shape) > 1
        and r.random() < 0.3
    ):
        dim = tuple(r.sample(range(len(shape)), 2))
    keep = {"keepdim": True} if r.random() < 0.4 and name != "count_nonzero" else {}
    if r.random() < 0.3 and name != "logsumexp":
        return operator_case(name, [x], X)
    return operator_case(name, [x], X, dim=dim, **keep)


@generator(2)
def reductions_with_indices(r: random.Random) -> Case:
    shape = sizes(r, 0)
    name = r.choice(
        [
            "max",
            "min",
            "median",
            "mode",
            "cummax",
            "cummin",
            "sort",
            "argsort",
            "topk",
            "kthvalue",
            "cumsum",
            "cumprod",
            "std_mean",
        ]
    )
    x = tensor(r, shape, odd=0.1)
    dim = a_dim(r, len(shape))
    if name in ("topk", "kthvalue"):
        return operator_case(name, [x], X, r.randint(1, 3) if name == "topk" else 1, dim)
    keep = {"keepdim": True} if name in ("max", "min", "median", "mode") and r.random() < 0.4 else {}
    return operator_case(name, [x], X, dim=dim, **keep)
