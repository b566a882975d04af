"""Pixel policies that share a head and differ in the encoder."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Tensor
from torch import nn


class PixelPolicy(rlt.Module):
    def __init__(self, channels: int, n_actions: int, features: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 16, 4, stride=2, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 4, stride=2, padding=1)
        self.head = nn.Linear(features, n_actions)

    def encode(self, x: Tensor) -> Tensor:
        return F.relu(self.conv2(F.relu(self.conv1(x)))).flatten(1)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch channels 32 32"]) -> Float[Tensor, "batch n_actions"]:
        return self.head(self.encode(x))  # ALSO


class DeepPixelPolicy(PixelPolicy):
    def __init__(self, channels: int, n_actions: int) -> None:
        super().__init__(channels, n_actions, features=64 * 8 * 8)  # BUG: the third convolution leaves 4x4 maps
        self.conv3 = nn.Conv2d(32, 64, 4, stride=2, padding=1)

    def encode(self, x: Tensor) -> Tensor:
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        return F.relu(self.conv3(x)).flatten(1)  # ALSO


def example() -> object:
    return DeepPixelPolicy(channels=3, n_actions=5)(torch.randn(2, 3, 32, 32))
