"""A small bottleneck ResNet for 32x32 images, with its training step."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


def conv_bn(in_channels: int, out_channels: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel, stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(out_channels),
    )


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, in_channels: int, planes: int, stride: int) -> None:
        super().__init__()
        width = planes * self.expansion
        self.reduce = conv_bn(in_channels, planes, 1)
        self.spatial = conv_bn(planes, planes, 3, stride)
        self.expand = conv_bn(planes, width, 1)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != width:
            self.shortcut = conv_bn(in_channels, width, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(self.reduce(x))
        h = F.relu(self.spatial(h))
        return F.relu(self.expand(h) + self.shortcut(x))


class ResNet(rlt.Module):
    def __init__(self, in_channels: int, n_classes: int, base: int = 16) -> None:
        super().__init__()
        self.stem = conv_bn(in_channels, base, 3)
        blocks: list[nn.Module] = []
        channels = base
        for i, stride in enumerate((1, 2, 2)):
            planes = base * 2**i
            blocks.append(Bottleneck(channels, planes, stride))
            channels = planes * Bottleneck.expansion
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(channels, n_classes)

    def forward(self, images: Float[Tensor, "batch in_channels height width"]) -> Float[Tensor, "batch n_classes"]:
        h = self.blocks(F.relu(self.stem(images)))
        return self.head(h.mean(dim=(2, 3)))


def training_step(
    net: ResNet,
    optimizer: torch.optim.Optimizer,
    images: Float[Tensor, "batch in_channels height width"],
    labels: Int64[Tensor, "batch"],
) -> Float[Tensor, ""]:
    loss = F.cross_entropy(net(images), labels, label_smoothing=0.1)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()
