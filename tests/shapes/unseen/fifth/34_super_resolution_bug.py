"""Super-resolution with residual blocks and sub-pixel convolution."""

import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class ResBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + 0.1 * self.conv2(F.relu(self.conv1(x)))


class SuperResolution(rlt.Module):
    def __init__(self, scale: int = 4, width: int = 64, depth: int = 8) -> None:
        super().__init__()
        self.scale = scale
        self.stem = nn.Conv2d(3, width, 3, padding=1)
        self.body = nn.Sequential(*(ResBlock(width) for _ in range(depth)))
        self.expand = nn.Conv2d(width, 3 * scale, 3, padding=1)  # BUG: the shuffle takes scale ** 2 channels each
        self.shuffle = nn.PixelShuffle(scale)

    @rlt.typed
    def forward(self, low: Float[Tensor, "batch 3 h w"]) -> Float[Tensor, "batch 3 scale*h scale*w"]:
        x = self.stem(low)
        x = x + self.body(x)
        residual = self.shuffle(self.expand(x))  # ALSO
        return F.interpolate(low, scale_factor=self.scale, mode="bicubic") + residual
