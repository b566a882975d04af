"""What the author says of a tensor, where it cannot be true, or does not fit what follows."""

import torch
from torch import nn

import rlt
from rlt.types import Cuda, Float, Int, Tensor


def another_size(x: Float[Tensor, "b 4"]) -> Tensor:
    return rlt.sized(x, "b 5")  # BUG


def another_rank(x: Float[Tensor, "b 4"]) -> Tensor:
    return rlt.sized(x, "4")  # BUG


def another_dtype(x: Float[Tensor, "b"]) -> Tensor:
    return rlt.of_dtype(x, torch.int64)  # BUG


def another_device(x: Float[Cuda, "b"]) -> Tensor:
    return rlt.on_cpu(x)  # BUG


def unlike(x: Float[Tensor, "b 4"], y: Float[Tensor, "b 5"]) -> Tensor:
    return rlt.like(x, y)  # BUG


def said_and_then_misused(x: Tensor) -> Tensor:
    return nn.Linear(7, 2)(rlt.sized(x, "b 8"))  # BUG


def said_and_returned_as_another(x: Tensor) -> Float[Tensor, "2 3"]:
    return rlt.sized(x, "3 2")  # BUG


def added_to_another(x: Tensor, y: Float[Tensor, "b 4"]) -> Tensor:
    return torch.relu(rlt.sized(x, "b 5") + y)  # BUG


def as_an_index(x: Float[Tensor, "b"]) -> Int[Tensor, "b"]:
    return rlt.sized(x, "b")  # BUG


def numbers(x: Float[Tensor, "2 n"]) -> Tensor:
    return rlt.sized(x, (3, 4))  # BUG


def with_a_value(x: Float[Tensor, "b 4"]) -> Tensor:
    return rlt.sized(x, "b n", n=5)  # BUG


def like_in_dtype(x: Float[Tensor, "b 4"], y: Int[Tensor, "b 4"]) -> Tensor:
    return rlt.like(x, y, shape=False)  # BUG


def stored_elsewhere(x: Float[Cuda, "b"]) -> Tensor:
    return rlt.stored(x, "cpu")  # BUG
