"""A small U-Net for segmentation masks."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


def double_conv(c_in: int, c_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, 3, padding=1),
        nn.GroupNorm(8, c_out),
        nn.SiLU(),
        nn.Conv2d(c_out, c_out, 3, padding=1),
        nn.GroupNorm(8, c_out),
        nn.SiLU(),
    )


class Up(nn.Module):
    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(c_in, c_out, kernel_size=2, stride=2)
        self.conv = double_conv(c_out, c_out)  # BUG: the skip connection is concatenated, 2 * c_out

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.conv(torch.cat([self.up(x), skip], dim=1))  # ALSO


class UNet(rlt.Module):
    def __init__(self, channels: int, n_classes: int, base: int = 32) -> None:
        super().__init__()
        self.down1 = double_conv(channels, base)
        self.down2 = double_conv(base, 2 * base)
        self.middle = double_conv(2 * base, 4 * base)
        self.pool = nn.MaxPool2d(2)
        self.up2 = Up(4 * base, 2 * base)
        self.up1 = Up(2 * base, base)
        self.out = nn.Conv2d(base, n_classes, kernel_size=1)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch channels 4*h 4*w"]) -> Float[Tensor, "batch n_classes 4*h 4*w"]:
        s1 = self.down1(x)
        s2 = self.down2(self.pool(s1))
        y = self.middle(self.pool(s2))
        y = self.up2(y, s2)
        y = self.up1(y, s1)
        return self.out(y)
