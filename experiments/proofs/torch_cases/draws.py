"""What random calls are drawn from: sizes, tensors, options; mostly sensible, sometimes wrong."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from experiments.proofs.rule_case import Case, Slot

Generator = Callable[[random.Random], Case]
GENERATORS: list[Generator] = []
X, Y, Z = Slot(0), Slot(1), Slot(2)


def generator(times: int = 1) -> Callable[[Generator], Generator]:
    def register(make: Generator) -> Generator:
        GENERATORS.extend([make] * times)
        return make

    return register


def sizes(r: random.Random, low: int = 0, high: int = 4, top: int = 5) -> tuple[int, ...]:
    return tuple(r.randint(1, top) for _ in range(r.randint(low, high)))


def tensor(r: random.Random, shape: tuple[int, ...], odd: float = 0.05) -> Tensor:
    """Usually float32; sometimes another dtype."""
    if r.random() > odd:
        return torch.rand(shape)
    dtype = r.choice((torch.int64, torch.float64, torch.bool, torch.int32, torch.uint8, torch.float16))
    return torch.ones(shape, dtype=dtype)


def any_tensor(r: random.Random, shape: tuple[int, ...]) -> Tensor:
    return tensor(r, shape, odd=0.5)


def indices(r: random.Random, shape: tuple[int, ...], below: int, odd: float = 0.05) -> Tensor:
    out = torch.randint(0, max(below, 1), shape)
    if r.random() < odd:
        return out.to(r.choice((torch.float32, torch.int32, torch.uint8)))
    return out


def wrong(r: random.Random, n: int, chance: float = 0.12) -> int:
    """n, or with a small chance another number."""
    return n if r.random() > chance else max(1, n + r.choice((-2, -1, 1, 2)))


def a_dim(r: random.Random, rank: int, chance: float = 0.04) -> int:
    return r.randint(-rank, rank - 1) if rank and r.random() > chance else r.choice((0, -1, rank, -rank - 1))


def options(r: random.Random, **choices: Any) -> dict[str, Any]:
    """Some of the options, each drawn from its choices."""
    return {k: r.choice(v) for k, v in choices.items() if r.random() < 0.5}


def per_size(r: random.Random, n: int, values: tuple[int, ...]) -> Any:
    return r.choice(values) if r.random() < 0.7 else tuple(r.choice(values) for _ in range(n))
