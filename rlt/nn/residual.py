"""Residual blocks, under torchvision's parameter names.

Source: He et al. 2016 (arXiv:1512.03385), figures 2 and 5; the stride sits in the 3x3 convolution, as in torchvision.
"""

from __future__ import annotations

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


def _shortcut(channels: int, out: int, stride: int) -> nn.Sequential | None:
    if stride == 1 and channels == out:
        return None
    return nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))


class ResidualBlock(rlt.Module):
    """Two 3x3 convolutions beside a shortcut: ResNet-18 and -34."""

    expansion = 1

    def __init__(self, channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        self.downsample = _shortcut(channels, width, stride)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch channels h w"]) -> Float[Tensor, "batch width h2 w2"]:
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class BottleneckBlock(rlt.Module):
    """1x1, 3x3, 1x1 beside a shortcut, four times as wide outside as inside: ResNet-50 and deeper."""

    expansion = 4

    def __init__(self, channels: int, width: int, stride: int = 1) -> None:
        super().__init__()
        out = width * self.expansion
        self.conv1, self.bn1 = nn.Conv2d(channels, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, out, 1, bias=False), nn.BatchNorm2d(out)
        self.downsample = _shortcut(channels, out, stride)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch channels h w"]) -> Float[Tensor, "batch 4*width h2 w2"]:
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(torch.relu(self.bn2(self.conv2(y)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))
