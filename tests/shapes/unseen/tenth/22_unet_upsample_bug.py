"""A two-level U-Net for binary segmentation of 64x64 images."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


def double_conv(in_channels: int, out_channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, padding=1),
        nn.GroupNorm(8, out_channels),
        nn.SiLU(),
        nn.Conv2d(out_channels, out_channels, 3, padding=1),
        nn.GroupNorm(8, out_channels),
        nn.SiLU(),
    )


class UpBlock(nn.Module):
    """Doubles the resolution, then merges the skip connection of that resolution."""

    def __init__(self, in_channels: int, skip_channels: int, out_channels: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(
            in_channels, out_channels, kernel_size=3, stride=2, padding=1  # BUG: no output_padding=1, gives 2n-1 pixels
        )
        self.conv = double_conv(out_channels + skip_channels, out_channels)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = self.up(x)  # ALSO
        x = torch.cat([x, skip], dim=1)  # ALSO
        return self.conv(x)


class UNet(rlt.Module):
    def __init__(self, in_channels: int = 3, base: int = 16) -> None:
        super().__init__()
        self.enc1 = double_conv(in_channels, base)
        self.enc2 = double_conv(base, 2 * base)
        self.middle = double_conv(2 * base, 4 * base)
        self.pool = nn.MaxPool2d(2)
        self.up2 = UpBlock(4 * base, 2 * base, 2 * base)
        self.up1 = UpBlock(2 * base, base, base)
        self.head = nn.Conv2d(base, 1, kernel_size=1)

    def forward(self, image: Float[Tensor, "batch in_channels 64 64"]) -> Float[Tensor, "batch 1 64 64"]:
        s1 = self.enc1(image)
        s2 = self.enc2(self.pool(s1))
        h = self.middle(self.pool(s2))
        h = self.up2(h, s2)  # ALSO
        h = self.up1(h, s1)
        return self.head(h)
