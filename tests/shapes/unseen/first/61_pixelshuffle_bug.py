"""Sub-pixel super-resolution network."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


class SubPixel(rlt.Module):
    def __init__(self, channels: int = 3, width: int = 32, scale: int = 2) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, width, kernel_size=5, padding=2),
            nn.Tanh(),
            nn.Conv2d(width, width, kernel_size=3, padding="same"),
            nn.Tanh(),
        )
        self.up = nn.Sequential(
            nn.Conv2d(width, channels * scale, kernel_size=3, padding=1),  # BUG: scale**2 channels per output channel
            nn.PixelShuffle(scale),  # ALSO
        )

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch channels 24 24"]) -> Float[Tensor, "batch channels 24*scale 24*scale"]:
        return self.up(self.body(x))  # ALSO


def example() -> object:
    return SubPixel()(torch.rand(2, 3, 24, 24))
