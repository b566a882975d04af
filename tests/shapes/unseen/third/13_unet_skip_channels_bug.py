"""A U-Net of two levels for binary segmentation."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class DoubleConv(rlt.Module):
    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(c_in, c_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(c_out),
            nn.ReLU(inplace=True),
            nn.Conv2d(c_out, c_out, 3, padding=1, bias=False),
            nn.BatchNorm2d(c_out),
            nn.ReLU(inplace=True),
        )

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch c_in h w"]) -> Float[Tensor, "batch c_out h w"]:
        return self.body(x)


class UNet(rlt.Module):
    def __init__(self, in_channels: int, base: int = 16) -> None:
        super().__init__()
        self.enc1 = DoubleConv(in_channels, base)
        self.enc2 = DoubleConv(base, 2 * base)
        self.mid = DoubleConv(2 * base, 4 * base)
        self.pool = nn.MaxPool2d(2)
        self.up2 = nn.ConvTranspose2d(4 * base, 2 * base, 2, stride=2)
        self.dec2 = DoubleConv(4 * base, 2 * base)
        self.up1 = nn.ConvTranspose2d(2 * base, base, 2, stride=2)
        self.dec1 = DoubleConv(base, base)  # BUG: forgets the skip's channels, 2 * base
        self.head = nn.Conv2d(base, 1, 1)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch in_channels 64 64"]) -> Float[Tensor, "batch 1 64 64"]:
        s1 = self.enc1(x)
        s2 = self.enc2(self.pool(s1))
        m = self.mid(self.pool(s2))
        d2 = self.dec2(torch.cat([self.up2(m), s2], dim=1))
        d1 = self.dec1(torch.cat([self.up1(d2), s1], dim=1))  # ALSO
        return self.head(d1)


def example() -> object:
    return UNet(3, 4)(torch.randn(1, 3, 64, 64))
