"""Squeeze-and-excitation gate over feature maps."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


class SqueezeExcite(rlt.Module):
    def __init__(self, channels: int, reduction: int = 4) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.gate = nn.Sequential(
            nn.Flatten(),
            nn.Linear(channels, channels // reduction),
            nn.ReLU(),
            nn.Linear(channels // reduction, channels),
            nn.Sigmoid(),
        )

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch channels h w"]) -> Float[Tensor, "batch channels h w"]:
        weights = self.gate(self.pool(x))
        return x * weights[:, :, None, None]


def example() -> object:
    return SqueezeExcite(channels=32)(torch.randn(2, 32, 10, 12))
