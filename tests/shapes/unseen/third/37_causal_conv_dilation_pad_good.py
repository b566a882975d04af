"""Temporal convolutional network: causal, dilated, residual."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class CausalBlock(rlt.Module):
    def __init__(self, channels: int, dilation: int, kernel: int = 3) -> None:
        super().__init__()
        self.left = (kernel - 1) * dilation
        self.conv = nn.Conv1d(channels, channels, kernel, dilation=dilation)
        self.mix = nn.Conv1d(channels, channels, 1)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch channels time"]) -> Float[Tensor, "batch channels time"]:
        y = self.conv(F.pad(x, (self.left, 0)))
        return x + self.mix(F.gelu(y))


class TCN(rlt.Module):
    def __init__(self, n_inputs: int, horizon: int, channels: int = 24) -> None:
        super().__init__()
        self.stem = nn.Conv1d(n_inputs, channels, 1)
        self.blocks = nn.Sequential(CausalBlock(channels, 1), CausalBlock(channels, 2), CausalBlock(channels, 4))
        self.head = nn.Linear(channels, horizon)

    @rlt.typed
    def forward(self, series: Float[Tensor, "batch time n_inputs"]) -> Float[Tensor, "batch horizon"]:
        h = self.blocks(self.stem(series.transpose(1, 2)))
        return self.head(h[:, :, -1])


def example() -> object:
    return TCN(5, 12)(torch.randn(2, 40, 5))
