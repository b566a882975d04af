"""The decoder path of a U-Net with learned upsampling."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import rlt
from rlt.types import Float


class DoubleConv(nn.Sequential):
    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__(
            nn.Conv2d(c_in, c_out, 3, padding=1),
            nn.GroupNorm(1, c_out),
            nn.SiLU(),
            nn.Conv2d(c_out, c_out, 3, padding=1),
            nn.GroupNorm(1, c_out),
            nn.SiLU(),
        )


class UpBlock(rlt.Module):
    """Doubles the resolution and merges the skip connection."""

    def __init__(self, c_in: int, c_skip: int, c_out: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(c_in, c_out, kernel_size=3, stride=2, padding=1, output_padding=1)
        self.fuse = DoubleConv(c_out + c_skip, c_out)

    def forward(
        self, x: Float[Tensor, "b c_in h w"], skip: Float[Tensor, "b c_skip 2*h 2*w"]
    ) -> Float[Tensor, "b c_out 2*h 2*w"]:
        up = self.up(x)
        merged = torch.cat([skip, up], dim=1)
        return self.fuse(merged)


class Decoder(rlt.Module):
    def __init__(self, base: int, n_classes: int) -> None:
        super().__init__()
        self.up2 = UpBlock(4 * base, 2 * base, 2 * base)
        self.up1 = UpBlock(2 * base, base, base)
        self.classify = nn.Conv2d(base, n_classes, kernel_size=1)

    def forward(
        self,
        bottom: Float[Tensor, "b 4*base h w"],
        mid: Float[Tensor, "b 2*base 2*h 2*w"],
        top: Float[Tensor, "b base 4*h 4*w"],
    ) -> Float[Tensor, "b n_classes 4*h 4*w"]:
        x = self.up2(bottom, mid)
        x = self.up1(x, top)
        return self.classify(x)


def dice(
    logits: Float[Tensor, "b k h w"], onehot: Float[Tensor, "b k h w"], eps: float = 1.0
) -> Float[Tensor, ""]:
    p = logits.softmax(dim=1)
    overlap = (p * onehot).sum(dim=(2, 3))
    total = (p + onehot).sum(dim=(2, 3))
    return 1 - ((2 * overlap + eps) / (total + eps)).mean()
