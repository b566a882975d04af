"""Temporal convolution block with a causal receptive field."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Tensor
from torch import nn


class CausalBlock(rlt.Module):
    def __init__(self, channels: int, kernel: int = 3, dilation: int = 2) -> None:
        super().__init__()
        self.left = (kernel - 1) * dilation
        self.conv = nn.Conv1d(channels, channels, kernel, dilation=dilation)
        self.mix = nn.Conv1d(channels, channels, 1)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch channels time"]) -> Float[Tensor, "batch channels time"]:
        h = F.pad(x, (self.left, 0))
        h = F.gelu(self.conv(h))
        return x + self.mix(h)


def example() -> object:
    return CausalBlock(channels=24)(torch.randn(2, 24, 30))
