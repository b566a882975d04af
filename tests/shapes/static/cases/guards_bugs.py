"""Buffers, skips and masks with a mistake."""

import torch
from torch import nn

import rlt
from rlt.types import Bool, Float, Tensor


class Normalised(rlt.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(4))

    def forward(self, x: Float[Tensor, "n 3"]) -> Float[Tensor, "n 3"]:
        return x - self.mean  # BUG


class Skips(rlt.Module):
    def __init__(self, c_in: int = 8, c_out: int = 8) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, 3, padding=1)

    def forward(self, x: Float[Tensor, "b c_in h w"]) -> Float[Tensor, "b c_out h w"]:
        y = self.conv(x)
        if self.training:
            y = y + x  # BUG
        return y


class TimeFirst(rlt.Module):
    """`batch_first` forgotten: the mask shows it."""

    def __init__(self, dim: int = 64) -> None:
        super().__init__()
        self.attn = nn.MultiheadAttention(dim, 8)

    def forward(self, x: Float[Tensor, "b t dim"], pad: Bool[Tensor, "b t"]) -> Float[Tensor, "b t dim"]:
        return self.attn(x, x, x, key_padding_mask=pad)[0]  # BUG


class MaskOfTimes(rlt.Module):
    def __init__(self, dim: int = 64) -> None:
        super().__init__()
        self.attn = nn.MultiheadAttention(dim, 8, batch_first=True)

    def forward(self, x: Float[Tensor, "b t dim"], mask: Bool[Tensor, "b t"]) -> Float[Tensor, "b t dim"]:
        return self.attn(x, x, x, attn_mask=mask)[0]  # BUG
