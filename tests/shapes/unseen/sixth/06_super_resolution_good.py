"""Sub-pixel super resolution network with a residual body and a bicubic skip."""

import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class ResBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.1 * self.conv2(F.relu(self.conv1(x)))


class SuperResolution(rlt.Module):
    def __init__(self, scale: int = 2, channels: int = 32, n_blocks: int = 4) -> None:
        super().__init__()
        self.scale = scale
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.body = nn.ModuleList(ResBlock(channels) for _ in range(n_blocks))
        self.tail = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)
        self.shuffle = nn.PixelShuffle(scale)

    @rlt.typed
    def forward(self, low: Float[Tensor, "batch 3 h w"]) -> Float[Tensor, "batch 3 scale*h scale*w"]:
        x = self.head(low)
        skip = x
        for block in self.body:
            x = block(x)
        detail = self.shuffle(self.tail(x + skip))
        base = F.interpolate(low, scale_factor=self.scale, mode="bicubic", align_corners=False)
        return base + detail
