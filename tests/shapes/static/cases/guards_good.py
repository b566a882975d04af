"""Correct code that mypy alone, or a hasty rule, would refuse."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Normalised(rlt.Module):
    """Buffers are tensors without a declaration."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(3))
        self.register_buffer("scale", torch.ones(n, 1), persistent=False)

    def forward(self, x: Float[Tensor, "n 3"]) -> Float[Tensor, "n 3"]:
        return (x - self.mean) * self.scale


class Skips(rlt.Module):
    """Adds its input only where the sizes agree."""

    def __init__(self, c_in: int = 8, c_out: int = 8, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, 3, stride=stride, padding=1)
        self.c_in, self.c_out = c_in, c_out
        self.skip = stride == 1 and c_in == c_out

    def forward(self, x: Float[Tensor, "b c_in h w"]) -> Float[Tensor, "b c_out h2 w2"]:
        y = self.conv(x)
        if self.c_in == self.c_out:
            y = y + x
        if x.shape == y.shape:
            y += x
        if self.skip:
            return x + y
        return y + x if self.skip else y
