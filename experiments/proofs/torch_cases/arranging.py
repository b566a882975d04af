"""Views, reshapes, joining, splitting, indexing."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from experiments.proofs.rule_case import Case, Slot, operator_case
from experiments.proofs.torch_cases.arithmetic import broadcast_pair
from experiments.proofs.torch_cases.draws import X, Y, a_dim, any_tensor, generator, indices, sizes, tensor, wrong


@generator(4)
def reshaping(r: random.Random) -> Case:
    shape = r.choice(((2, 3, 4), (6, 4), (2, 2, 3, 5), (12,), (), (4, 1, 3)))
    target = r.choice(
        ((-1,), (2, -1), (3, -1), (4, 6), (2, 12), (-1, 6), (2, 3, -1), (1, 24), (5, -1), (2, -1, 2), (-1, -1))
    )
    if r.random() < 0.5:
        return operator_case("reshape", [any_tensor(r, shape)], X, target)
    return operator_case("view", [any_tensor(r, shape)], X, *target, where=Tensor)


@generator(2)
def flatten_functions(r: random.Random) -> Case:
    shape = sizes(r, 0, 5)
    if r.random() < 0.6:
        return operator_case(
            "flatten", [torch.rand(shape)], X, *(r.choice((0, 1, 2, -2)) for _ in range(r.randint(0, 2)))
        )
    shape = (2, 12, 3)
    return operator_case(
        "unflatten", [torch.rand(shape)], X, r.choice((1, -2, 0)), r.choice(((3, 4), (-1, 2), (2, 3, 2), (5, 2)))
    )


@generator(4)
def transposing(r: random.Random) -> Case:
    shape = sizes(r, 0, 4)
    n = len(shape)
    name = r.choice(
        [
            "permute",
            "transpose",
            "movedim",
            "squeeze",
            "unsqueeze",
            "flip",
            "diagonal",
            "swapaxes",
            "t",
            "mT",
            "diag",
            "rot90",
            "diag_embed",
        ]
    )
    x = any_tensor(r, shape)
    if name == "permute":
        order = r.sample(range(n), n)
        return operator_case(name, [x], X, order if r.random() > 0.1 else order[:-1])
    if name in ("transpose", "swapaxes", "movedim"):
        return operator_case(name, [x], X, a_dim(r, n), a_dim(r, n))
    if name == "squeeze":
        return operator_case(name, [x], X, *((a_dim(r, n),) if r.random() < 0.6 else ()))
    if name == "unsqueeze":
        return operator_case(name, [x], X, r.randint(-n - 1, n) if r.random() > 0.05 else n + 1)
    if name == "flip":
        return operator_case(name, [x], X, [a_dim(r, n)] if n else [0])
    if name == "diagonal":
        return operator_case(name, [x], X, r.choice((0, 1, -1)), *(r.sample(range(n), 2) if n >= 2 else (0, 1)))
    if name == "rot90":
        x = torch.rand((2, 3, 4)[: max(n, 2)])
        return operator_case(name, [x], X, r.randint(0, 3), [0, 1])
    if name in ("t", "mT", "diag"):
        x = torch.rand(sizes(r, 1 if name == "diag" else 0 if name == "t" else 2, 2))
        if name == "mT":
            return Case("mT", [x], lambda v: v.mT, operator_rule_of("mT"), (X,))
    return operator_case(name, [x], X)


def operator_rule_of(name: str) -> Callable[..., Any]:
    from rlt.shapes.rules import operator_rule

    rule = operator_rule(name)
    assert rule is not None
    return rule


@generator(2)
def repeating(r: random.Random) -> Case:
    shape = sizes(r, 0, 3)
    name = r.choice(("repeat", "tile", "expand", "repeat_interleave", "broadcast_to", "roll"))
    counts = tuple(
        r.randint(1, 3) for _ in range(r.choice((max(len(shape), 1), len(shape) + 1, max(len(shape) - 1, 1))))
    )
    if name in ("expand", "broadcast_to"):
        shape = tuple(1 if r.random() < 0.5 else s for s in shape)
        wanted = tuple(s if s > 1 or r.random() < 0.3 else 4 for s in shape)
        wanted = (2, *wanted) if r.random() < 0.3 else wanted
        if wanted and r.random() < 0.1:
            wanted = (*wanted[:-1], 7)
        if not wanted:
            wanted = (3,)
        if name == "broadcast_to":
            return operator_case(name, [torch.rand(shape)], X, wanted)
        return operator_case("expand", [torch.rand(shape)], X, *wanted, where=Tensor)
    if name == "repeat_interleave":
        return operator_case(name, [torch.rand(shape)], X, 2, *((a_dim(r, len(shape)),) if r.random() < 0.6 else ()))
    if name == "roll":
        return operator_case(name, [torch.rand(shape)], X, 1)
    if name == "repeat":
        return operator_case(name, [torch.rand(shape)], X, *counts, where=Tensor)
    return operator_case(name, [torch.rand(shape)], X, counts)


@generator(5)
def joining(r: random.Random) -> Case:
    shape = sizes(r, 0, 3)
    count = r.randint(1, 3)
    name = r.choice(("cat", "cat", "stack", "hstack", "vstack"))
    dim = a_dim(r, len(shape) + (name == "stack"))
    tensors = []
    for _ in range(count):
        s = list(shape)
        if name == "cat" and s and -len(s) <= dim < len(s):
            s[dim] = r.randint(1, 3)
        if s and r.random() < 0.08:
            s[r.randrange(len(s))] += 1
        if r.random() < 0.03:
            s.append(2)
        tensors.append(tensor(r, tuple(s), odd=0.15))
    slots = [Slot(i) for i in range(count)]
    return operator_case(name, tensors, slots, *((dim,) if name in ("cat", "stack") else ()))


@generator(3)
def splitting(r: random.Random) -> Case:
    shape = sizes(r, 1, 3, top=7)
    dim = a_dim(r, len(shape))
    x = torch.rand(shape)
    name = r.choice(("split", "chunk", "unbind", "split"))
    if name == "unbind":
        return operator_case(name, [x], X, dim)
    if name == "chunk":
        case = operator_case(name, [x], X, r.randint(1, 4), dim)
        case.named = False  # a size with names is taken to split into as many chunks as asked
        return case
    size = shape[dim] if -len(shape) <= dim < len(shape) else 3
    if r.random() < 0.5:
        a = r.randint(0, size)
        return operator_case(name, [x], X, [a, wrong(r, size - a) if size - a else 0], dim)
    return operator_case(name, [x], X, r.randint(1, 4), dim)


@generator()
def grids(r: random.Random) -> Case:
    vectors = [torch.rand(r.randint(1, 4)) for _ in range(r.randint(1, 3))]
    slots = [Slot(i) for i in range(len(vectors))]
    if r.random() < 0.5:
        return operator_case("meshgrid", vectors, *slots, indexing=r.choice(("ij", "xy")))
    a, b = broadcast_pair(r)
    return operator_case("broadcast_tensors", [torch.rand(a), torch.rand(b)], X, Y)


@generator(8)
def indexing(r: random.Random) -> Case:
    shape = sizes(r, 1, 4)
    tensors = [any_tensor(r, shape)]
    items: list[Any] = []
    named = True
    masked = after_dots = False  # after dots it is not known here which size an index is for: 0 fits any
    masks = r.random() < 0.3  # a mask beside an index tensor: only the values decide whether they fit
    d = 0
    while d < len(shape) and r.random() < 0.85:
        size = shape[d]
        what = r.random()
        if what < 0.3:
            items.append(r.randint(-size, size - 1) if r.random() > 0.05 else size)
        elif what < 0.6:
            first, last = bounds = [None if r.random() < 0.4 else r.randint(-size - 1, size + 1) for _ in range(2)]
            named = (
                named
                and not (after_dots and bounds != [None, None])
                and all(b is None or abs(b) <= size for b in bounds)
                and slice(first, last).indices(size)[:2] == tuple(sorted(slice(first, last).indices(size)[:2]))
            )
            items.append(slice(first, last, r.choice((None, None, None, 1, 2))))
        elif what < 0.7:
            items.append(None)
            continue
        elif what < 0.78 and not any(i is Ellipsis for i in items):
            items.append(Ellipsis)
            after_dots = True
            d += r.randint(0, len(shape) - d)
            continue
        elif what < 0.92 and not masks and not masked:
            tensors.append(
                indices(
                    r,
                    r.choice(((3,), (2, 3), (1,), ())),
                    1 if after_dots else size,
                    odd=0,
                )
            )
            items.append(Slot(len(tensors) - 1))
        elif what < 0.97 and masks:
            masks, masked = False, True
            tensors.append(torch.rand(wrong(r, size, 0.1)) > 0.5)
            items.append(Slot(len(tensors) - 1))
        elif len(tensors) == 1:
            masks = False
            items.append([r.randrange(size) for _ in range(r.randint(1, 3))])
        else:
            items.append(slice(None))
        d += 1
    if r.random() < 0.03:
        items += [0] * 5
    index = tuple(items) if len(items) != 1 else items[0]
    case = operator_case("__getitem__", tensors, X, index, where=Tensor)
    case.named = named
    return case


@generator(2)
def selecting(r: random.Random) -> Case:
    shape = sizes(r, 1, 3)
    dim = a_dim(r, len(shape))
    size = shape[dim] if -len(shape) <= dim < len(shape) else 2
    name = r.choice(("narrow", "select", "index_select", "take", "masked_select"))
    x = torch.rand(shape)
    if name == "narrow":
        start = r.randint(0, size - 1)
        return operator_case(name, [x], X, dim, start, r.randint(0, size - start + (r.random() < 0.1)))
    if name == "select":
        return operator_case(name, [x], X, dim, r.randint(-size, size - (r.random() > 0.1)))
    if name == "index_select":
        return operator_case(name, [x, indices(r, sizes(r, 1, 1 + (r.random() < 0.1)), size)], X, dim, Y)
    if name == "take":
        return operator_case(name, [x, indices(r, sizes(r), 1, odd=0)], X, Y)
    return operator_case(name, [x, torch.rand(shape if r.random() < 0.8 else shape[-1:]) > 0.5], X, Y)
