"""Convolutional torso with layer normalisation of whole feature maps."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn
from torch.nn import functional as F


class NormedTorso(rlt.Module):
    def __init__(self, channels: int, features: int = 256) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 16, 8, 4)
        self.norm1 = nn.LayerNorm([16, 20, 20])
        self.conv2 = nn.Conv2d(16, 32, 4, 2)
        self.norm2 = nn.LayerNorm([32, 9, 9])
        self.fc = nn.Linear(32 * 9 * 9, features)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch channels 84 84"]) -> Float[Tensor, "batch features"]:
        x = F.relu(self.norm1(self.conv1(x)))
        x = F.relu(self.norm2(self.conv2(x)))
        return F.relu(self.fc(torch.flatten(x, start_dim=1)))


def example() -> object:
    return NormedTorso(channels=4)(torch.rand(2, 4, 84, 84))
