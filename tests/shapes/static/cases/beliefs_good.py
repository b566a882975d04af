"""What the author says of a tensor, where it can be true: nothing is reported."""

import torch

import rlt
from rlt.types import Cuda, Float, Int, Tensor


def unknown(x: Tensor) -> Tensor:
    return x


def made_known(x: Tensor) -> Float[Tensor, "3 4"]:
    return rlt.of_dtype(rlt.sized(x, "3 4"), torch.float32)


def in_the_middle(x: Float[Tensor, "b 4"]) -> Float[Tensor, "b 8"]:
    return torch.cat((rlt.sized(unknown(x), "b 4"), x), -1)


def same_as_another(x: Tensor, y: Float[Tensor, "b 4"]) -> Float[Tensor, "b 4"]:
    return rlt.like(x, y) + y


def indices(x: Tensor) -> Int[Tensor, "b"]:
    return rlt.of_dtype(rlt.sized(x, "b"), torch.int64)


def finer(x: Float[Tensor, "b n"]) -> Float[Tensor, "b n"]:
    return rlt.on_cpu(rlt.sized(x, "b _"))


def numbers(x: Tensor, n: int) -> Float[Tensor, "2 n"]:
    return rlt.sized(rlt.of_dtype(x, torch.float32), (2, n))


def with_a_value(x: Float[Tensor, "b 4"]) -> Float[Tensor, "b 4"]:
    return rlt.sized(x, "b n", n=4)


def like_in_shape(x: Tensor, y: Int[Tensor, "b 4"]) -> Float[Tensor, "b 4"]:
    return rlt.of_dtype(rlt.like(x, y, dtype=False), torch.float32)


def on_any_card(x: Float[Cuda, "b"]) -> Float[Cuda, "b"]:
    return rlt.stored(x, "cuda:1")
