"""Two-level U-Net for segmentation."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


def double_conv(c_in: int, c_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, 3, padding=1),
        nn.BatchNorm2d(c_out),
        nn.ReLU(),
        nn.Conv2d(c_out, c_out, 3, padding=1),
        nn.ReLU(),
    )


class UNet(rlt.Module):
    def __init__(self, in_ch: int, n_classes: int, base: int = 16) -> None:
        super().__init__()
        self.enc1 = double_conv(in_ch, base)
        self.enc2 = double_conv(base, 2 * base)
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ConvTranspose2d(2 * base, base, kernel_size=2, stride=2)
        self.dec1 = double_conv(base, base)  # BUG: reads the skip as well, 2 * base channels
        self.out = nn.Conv2d(base, n_classes, kernel_size=1)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch in_ch 64 64"]) -> Float[Tensor, "batch n_classes 64 64"]:
        skip = self.enc1(x)
        x = self.enc2(self.pool(skip))
        x = torch.cat([skip, self.up(x)], dim=1)
        return self.out(self.dec1(x))  # ALSO


def example() -> object:
    return UNet(in_ch=3, n_classes=5)(torch.randn(2, 3, 64, 64))
