"""Residual blocks, one of which overrides the convolution of its parent."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class ResBlock(rlt.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm = nn.GroupNorm(4, channels)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch channels height width"]:
        y = self.conv2(torch.relu(self.conv1(x)))
        return x + self.norm(y)


class DilatedBlock(ResBlock):
    """Sees farther: its second convolution is dilated, and the output passes through a gate."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=2, dilation=2)
        self.gate = nn.Parameter(torch.zeros(1))

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch channels height width"]:
        y = self.conv2(torch.relu(self.conv1(x)))
        return x + self.gate.tanh() * self.norm(y)


class Denoiser(rlt.Module):
    def __init__(self, channels: int = 32) -> None:
        super().__init__()
        self.head = nn.Conv2d(1, channels, 3, padding="same")
        self.body = nn.Sequential(ResBlock(channels), DilatedBlock(channels), ResBlock(channels))
        self.tail = nn.Conv2d(channels, 1, 3, padding="same")

    @rlt.typed
    def forward(self, noisy: Float[Tensor, "batch 1 48 48"]) -> Float[Tensor, "batch 1 48 48"]:
        return noisy - self.tail(self.body(self.head(noisy)))
