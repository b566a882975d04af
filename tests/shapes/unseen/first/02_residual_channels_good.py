"""IMPALA residual encoder for small images."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Tensor
from torch import nn


class ImpalaBlock(rlt.Module):
    def __init__(self, in_ch: int, out_ch: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_ch, out_ch, 3, padding=1)
        self.pool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.res0 = nn.Conv2d(out_ch, out_ch, 3, padding=1)
        self.res1 = nn.Conv2d(out_ch, out_ch, 3, padding=1)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch in_ch 32 32"]) -> Float[Tensor, "batch out_ch 16 16"]:
        x = self.pool(self.conv(x))
        residual = x
        x = self.res0(F.relu(x))
        x = self.res1(F.relu(x))
        return x + residual


def example() -> object:
    block = ImpalaBlock(in_ch=3, out_ch=16)
    return block(torch.randn(2, 3, 32, 32))
