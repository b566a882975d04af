"""Downsampling stage of a diffusion model."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


def conv3x3(c_in: int, c_out: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(c_in, c_out, kernel_size=3, stride=stride, padding=1)


class DownStage(rlt.Module):
    def __init__(self, width: int, groups: int = 8) -> None:
        super().__init__()
        self.conv_in = conv3x3(width, 2 * width, stride=2)
        self.norm = nn.GroupNorm(groups, 2 * width)
        self.act = nn.SiLU()
        self.conv_out = conv3x3(2 * width, 2 * width)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch width 16 16"]) -> Float[Tensor, "batch 2*width 8 8"]:
        h = self.conv_in(x)
        return h + self.conv_out(self.act(self.norm(h)))


def example() -> object:
    return DownStage(width=16)(torch.randn(2, 16, 16, 16))
