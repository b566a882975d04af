"""A feature pyramid's top-down path."""

import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class FPN(rlt.Module):
    def __init__(self, out_channels: int = 32) -> None:
        super().__init__()
        self.c3 = nn.Sequential(nn.Conv2d(3, 32, 3, stride=4, padding=1), nn.ReLU())
        self.c4 = nn.Sequential(nn.Conv2d(32, 64, 3, stride=2, padding=1), nn.ReLU())
        self.c5 = nn.Sequential(nn.Conv2d(64, 128, 3, stride=2, padding=1), nn.ReLU())
        self.lat3 = nn.Conv2d(32, out_channels, 1)
        self.lat4 = nn.Conv2d(64, out_channels, 1)
        self.lat5 = nn.Conv2d(128, out_channels, 1)
        self.smooth = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.up = nn.Upsample(scale_factor=2, mode="nearest")

    @rlt.typed
    def forward(self, image: Float[Tensor, "b 3 128 128"]) -> Float[Tensor, "b out_channels 32 32"]:
        c3 = self.c3(image)
        c4 = self.c4(c3)
        c5 = self.c5(c4)
        p5 = self.lat5(c5)
        p4 = self.lat4(c4) + self.up(p5)
        p3 = self.lat3(c3) + F.interpolate(p5, scale_factor=2.0, mode="nearest")  # BUG: p5 for p4, 16 against 32
        return self.smooth(F.relu(p3))
