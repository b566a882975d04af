"""Clip encoder for video observations."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


class ClipEncoder(rlt.Module):
    def __init__(self, n_classes: int, width: int = 16) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv3d(3, width, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool3d((1, 2, 2)),
            nn.Conv3d(width, 2 * width, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool3d(1),
            nn.Flatten(),
            nn.Linear(2 * width, n_classes),
        )

    @rlt.typed
    def forward(self, clip: Float[Tensor, "batch 8 3 32 32"]) -> Float[Tensor, "batch n_classes"]:
        x = (clip - clip.mean(dim=(1, 3, 4), keepdim=True)).transpose(1, 2)
        return self.net(x)


def example() -> object:
    return ClipEncoder(n_classes=4)(torch.randn(2, 8, 3, 32, 32))
