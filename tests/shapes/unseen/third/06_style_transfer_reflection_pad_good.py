"""Residual block of a style-transfer network, with reflection padding."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class StyleResidual(rlt.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            nn.InstanceNorm2d(channels, affine=True),
            nn.ReLU(inplace=True),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            nn.InstanceNorm2d(channels, affine=True),
        )

    @rlt.typed
    def forward(
        self, x: Float[Tensor, "batch channels height width"]
    ) -> Float[Tensor, "batch channels height width"]:
        return x + self.block(x)


def example() -> object:
    return StyleResidual(8)(torch.randn(2, 8, 16, 20))
