"""Gathering, products, losses, functions of torch.nn.functional, creation."""

from __future__ import annotations

import random
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from experiments.proofs.rule_case import Case, Slot, operator_case
from experiments.proofs.torch_cases.arithmetic import broadcast_pair
from experiments.proofs.torch_cases.draws import X, Y, Z, a_dim, generator, indices, options, sizes, tensor, wrong


@generator(4)
def gathering(r: random.Random) -> Case:
    shape = sizes(r, 1, 3)
    dim = r.randint(-len(shape), len(shape) - 1)
    name = r.choice(("gather", "gather", "scatter", "scatter_add", "take_along_dim", "index_add"))
    asked = [r.randint(1, s) for s in shape]
    asked[dim] = r.randint(1, 4)
    if r.random() < 0.1:
        k = r.randrange(len(shape))
        asked[k] = shape[k] + 1
    if r.random() < 0.07:
        asked = asked[:-1] or [1, 1]
    x = torch.rand(shape)
    if name == "index_add":
        n = r.randint(1, 3)
        added = list(shape)
        added[dim] = wrong(r, n)
        return operator_case(name, [x, torch.zeros(n, dtype=torch.int64), torch.rand(added)], X, dim, Y, Z)
    if name == "take_along_dim":
        asked = [s if r.random() < 0.8 else 1 for s in shape]
        asked[dim] = r.randint(1, 4)
    index = indices(r, tuple(asked), shape[dim])
    if name == "take_along_dim":
        return operator_case(name, [x, index], X, Y, dim)
    if name == "gather":
        return operator_case(name, [x, index], X, dim, Y)
    if name == "scatter" and r.random() < 0.4:
        return operator_case(name, [x, index], X, dim, Y, value=1.0)
    source = torch.rand([max(1, a - (r.random() < 0.05)) for a in asked])
    return operator_case(name, [x, index, source], X, dim, Y, Z)


@generator()
def one_hot(r: random.Random) -> Case:
    return operator_case("one_hot", [indices(r, sizes(r, 0, 3), 4, odd=0.15)], X, r.choice((4, 5, -1)), where=F)


@generator(4)
def products(r: random.Random) -> Case:
    i, j, k = r.randint(1, 4), r.randint(1, 4), r.randint(1, 4)
    j2 = wrong(r, j)
    name = r.choice(
        ("matmul", "matmul", "matmul", "mm", "bmm", "mv", "dot", "outer", "addmm", "baddbmm", "tensordot", "linear")
    )
    a, b = broadcast_pair(r)
    pairs: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
        "matmul": r.choice(
            (
                ((*a[:2], i, j), (*b[:2], j2, k)),
                ((j,), (j2,)),
                ((*a[:2], i, j), (j2,)),
                ((j,), (*a[:2], j2, k)),
                ((), (j,)),
            )
        ),
        "mm": ((i, j), (j2, k)) if r.random() > 0.05 else ((2, i, j), (j2, k)),
        "bmm": ((3, i, j), (wrong(r, 3, 0.05), j2, k)),
        "mv": ((i, j), (j2,)),
        "dot": ((j,), (j2,)),
        "outer": ((i,), (k,)),
        "tensordot": ((i, j, k), (j2, k, 2)),
        "linear": ((*a, j), (k, j2)),
    }
    if name == "addmm":
        first = r.choice(((k,), (i, k), (1, k), ()))
        return operator_case(name, [torch.rand(first), torch.rand(i, j), torch.rand(j2, k)], X, Y, Z)
    if name == "baddbmm":
        return operator_case(
            name, [torch.rand(r.choice(((k,), (2, i, k)))), torch.rand(2, i, j), torch.rand(2, j2, k)], X, Y, Z
        )
    left, right = pairs[name]
    tensors = [tensor(r, left, 0.04), tensor(r, right, 0.04)]
    if name == "linear":
        return operator_case(name, tensors, X, Y, where=F)
    if name == "tensordot":
        return operator_case(name, tensors, X, Y, r.choice((1, 2, ([1, 2], [0, 1]), ([1], [0]))))
    return operator_case(name, tensors, X, Y)


@generator(3)
def einsum(r: random.Random) -> Case:
    size = {c: r.randint(1, 4) for c in "bijkh"}
    equation = r.choice(
        (
            "bij,bjk->bik",
            "ij,jk->ik",
            "ij,jk",
            "bhi,bhj->bij",
            "i,i->",
            "ij->ji",
            "bij->b",
            "...i,ij->...j",
            "ii->i",
            "b...i,b...j->bij",
        )
    )
    left = equation.split("->", maxsplit=1)[0]
    run = sizes(r, 0, 2)
    tensors = []
    for term in left.split(","):
        before, dots, after = term.partition("...")
        shape = [size[c] for c in before] + (list(run) if dots else []) + [size[c] for c in after]
        if shape and r.random() < 0.12:
            shape[r.randrange(len(shape))] += 1
        if r.random() < 0.03:
            shape.append(2)
        tensors.append(torch.rand(shape))
    return operator_case("einsum", tensors, equation, *(Slot(i) for i in range(len(tensors))))


@generator(2)
def attention(r: random.Random) -> Case:
    lead = sizes(r, 0, 2)
    t, s, d, v = (r.randint(1, 4) for _ in range(4))
    tensors = [
        torch.rand((*lead, t, d)),
        torch.rand((*lead, s, wrong(r, d))),
        torch.rand((*lead, wrong(r, s, 0.05), v)),
    ]
    mask: tuple[Any, ...] = ()
    if r.random() < 0.4:
        mask = (Slot(3),)
        shape = (*(r.choice((n, 1)) for n in lead), wrong(r, t), wrong(r, s))
        tensors.append(torch.rand(shape[r.randint(0, len(lead)) :]))
    return operator_case("scaled_dot_product_attention", tensors, X, Y, Z, *mask, where=F, exact=False)


@generator(2)
def creation(r: random.Random) -> Case:
    name = r.choice(
        ["zeros", "ones", "rand", "full", "arange", "linspace", "eye", "randint", "randperm", "zeros_like", "rand_like"]
    )
    shape = sizes(r)
    if name in ("zeros", "ones", "rand"):
        return operator_case(name, [], *((shape,) if r.random() < 0.5 or not shape else shape))
    if name == "full":
        return operator_case(name, [], shape, r.choice((0, 1.0, True)))
    if name == "arange":
        return operator_case(name, [], *r.choice(((5,), (2, 7), (0, 1, 0.25), (1, 8, 3), (3.0,))))
    if name == "linspace":
        return operator_case(name, [], 0, 1, r.randint(1, 6))
    if name == "eye":
        return operator_case(name, [], *sizes(r, 1, 2))
    if name == "randint":
        return operator_case(name, [], 0, 5, shape)
    if name == "randperm":
        return operator_case(name, [], 4)
    return operator_case(name, [tensor(r, shape, 0.3 if name == "zeros_like" else 0)], X)


@generator(3)
def losses(r: random.Random) -> Case:
    name = r.choice(
        ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy_with_logits", "kl_div")
    )
    shape = sizes(r, 0, 3)
    other = shape if r.random() > 0.2 else sizes(r, 0, 3)
    reduction = r.choice(("mean", "sum", "none"))
    target = torch.rand(other)
    if name == "binary_cross_entropy_with_logits" and r.random() < 0.3:
        target = target.to(r.choice((torch.int64, torch.bool)))
    return operator_case(name, [torch.rand(shape), target], X, Y, reduction=reduction, where=F, exact=False)


@generator(2)
def cross_entropy(r: random.Random) -> Case:
    classes, rest = r.randint(2, 4), sizes(r, 0, 2)
    lead = (r.randint(1, 4),) if rest or r.random() < 0.8 else ()
    x = torch.rand((*lead, classes, *rest))
    target = indices(r, tuple(wrong(r, n, 0.06) for n in (*lead, *rest)), classes, odd=0.05)
    if r.random() < 0.2:
        target = torch.rand(x.shape)
    if r.random() < 0.06:
        target = target.unsqueeze(-1)
    return operator_case("cross_entropy", [x, target], X, Y, reduction=r.choice(("mean", "sum", "none")), where=F)


@generator(3)
def functional_layers(r: random.Random) -> Case:
    n = r.choice((1, 2, 3))
    shape = (r.randint(1, 3), 4, *(r.randint(2, 6) for _ in range(n)))
    name = r.choice(("conv", "conv_transpose", "max_pool", "avg_pool", "adaptive_avg_pool"))
    if name == "conv":
        groups = r.choice((1, 2))
        weight = torch.rand((6, wrong(r, 4 // groups), *(r.randint(1, 3) for _ in range(n))))
        return operator_case(
            f"conv{n}d",
            [torch.rand(shape), weight],
            X,
            Y,
            where=dispatch(f"conv{n}d"),
            stride=r.choice((1, 2)),
            groups=groups,
        )
    if name == "conv_transpose":
        weight = torch.rand((wrong(r, 4), 3, *(r.randint(1, 3) for _ in range(n))))
        return operator_case(f"conv_transpose{n}d", [torch.rand(shape), weight], X, Y, where=F, stride=r.choice((1, 2)))
    if name == "adaptive_avg_pool":
        return operator_case(f"adaptive_avg_pool{n}d", [torch.rand(shape)], X, r.randint(1, 3), where=F)
    return operator_case(
        f"{name}{n}d", [torch.rand(shape)], X, r.randint(1, 4), **options(r, stride=(1, 2), padding=(0, 1)), where=F
    )


def dispatch(name: str) -> Any:
    return F if hasattr(F, name) else torch


@generator(2)
def functional_rest(r: random.Random) -> Case:
    shape = sizes(r, 1, 4)
    name = r.choice(
        (
            "pad",
            "interpolate",
            "embedding",
            "layer_norm",
            "normalize",
            "softmax",
            "glu",
            "unfold",
            "cosine_similarity",
            "group_norm",
        )
    )
    x = torch.rand(shape)
    if name == "pad":
        pads = [r.randint(-1, 2) for _ in range(2 * r.randint(1, len(shape)))]
        return operator_case(name, [x], X, pads, where=F)
    if name == "interpolate":
        return operator_case(name, [torch.rand(2, 3, *sizes(r, 1, 3))], X, scale_factor=r.choice((2, 0.5, 3)), where=F)
    if name == "embedding":
        return operator_case(name, [indices(r, shape, 5), torch.rand(5, 3)], X, Y, where=F)
    if name == "layer_norm":
        return operator_case(name, [x], X, [wrong(r, shape[-1])], where=F)
    if name == "unfold":
        dim = a_dim(r, len(shape))
        return operator_case(name, [x], X, dim, r.randint(1, 3), r.randint(1, 2), where=Tensor)
    if name == "cosine_similarity":
        return operator_case(name, [x, torch.rand(shape)], X, Y, dim=a_dim(r, len(shape)), where=F)
    if name == "group_norm":
        return operator_case(name, [torch.rand(2, 4, 3)], X, r.choice((1, 2, 3)), where=F)
    return operator_case(name, [x], X, dim=a_dim(r, len(shape)), where=F)


@generator()
def samples_and_search(r: random.Random) -> Case:
    name = r.choice(("multinomial", "searchsorted", "bincount", "diff", "cdist", "det", "inverse", "grid_sample"))
    if name == "multinomial":
        x = torch.rand(sizes(r, 1, 3 if r.random() < 0.1 else 2)) + 0.1
        return operator_case(name, [x], X, r.randint(1, 4), r.random() < 0.6)
    if name == "searchsorted":
        return operator_case(name, [torch.arange(5.0), torch.rand(sizes(r))], X, Y)
    if name == "bincount":
        return operator_case(name, [indices(r, sizes(r, 1, 1), 3, odd=0)], X)
    if name == "diff":
        shape = sizes(r, 1, 3)
        return operator_case(name, [torch.rand(shape)], X, dim=a_dim(r, len(shape)))
    if name == "cdist":
        d = r.randint(1, 4)
        return operator_case(name, [torch.rand(*sizes(r, 0, 1), 3, d), torch.rand(2, wrong(r, d))], X, Y)
    if name == "grid_sample":
        return operator_case(
            name, [torch.rand(2, 3, 4, 4), torch.rand(wrong(r, 2), 5, 6, 2)], X, Y, align_corners=False, where=F
        )
    n = r.randint(1, 3)
    return operator_case(
        name, [torch.eye(n).expand(*sizes(r, 0, 1), n, n).clone() if r.random() > 0.1 else torch.rand(2, 3)], X
    )
