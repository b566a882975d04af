"""Temporal convolutional network: dilated causal convolutions with skip connections."""

import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class CausalConv(nn.Module):
    def __init__(self, channels: int, kernel_size: int, dilation: int) -> None:
        super().__init__()
        self.left = (kernel_size - 1) * dilation
        self.conv = nn.Conv1d(channels, channels, kernel_size, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.pad(x, (self.left, 0)))


class TCN(rlt.Module):
    def __init__(self, n_inputs: int, n_outputs: int, channels: int = 32) -> None:
        super().__init__()
        self.inp = nn.Conv1d(n_inputs, channels, 1)
        self.block1 = CausalConv(channels, 3, dilation=1)
        self.block2 = CausalConv(channels, 3, dilation=2)
        self.block3 = CausalConv(channels, 3, dilation=4)
        self.out = nn.Conv1d(channels, n_outputs, 1)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch time n_inputs"]) -> Float[Tensor, "batch time n_outputs"]:
        y = self.inp(x.transpose(1, 2))
        y = y + F.relu(self.block1(y))
        y = y + F.relu(self.block2(y))
        y = y + F.relu(self.block3(y))
        return self.out(y).transpose(1, 2)
