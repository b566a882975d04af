"""Inverted residual stages as in MobileNetV2."""

from __future__ import annotations

from torch import Tensor, nn

import rlt
from rlt.types import Float

# expansion, channels, repeats, stride
STAGES: tuple[tuple[int, int, int, int], ...] = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 40, 2, 2))


def conv_bn(c_in: int, c_out: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, kernel, stride, padding=kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(c_out),
    )


class InvertedResidual(nn.Module):
    def __init__(self, c_in: int, c_out: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = c_in * expansion
        self.residual = stride == 1 and c_in == c_out
        self.expand = conv_bn(c_in, inner)
        self.depthwise = conv_bn(inner, inner, kernel=3, stride=stride, groups=inner)
        self.project = conv_bn(inner, c_out)
        self.act = nn.ReLU6()

    def forward(self, x: Tensor) -> Tensor:
        y = self.act(self.expand(x))  # ALSO
        y = self.act(self.depthwise(y))
        y = self.project(y)
        return x + y if self.residual else y


class MobileNet(rlt.Module):
    def __init__(self, n_classes: int, stem: int = 32, head: int = 128) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_bn(3, stem, kernel=3, stride=2), nn.ReLU6())
        channels = stem
        blocks: list[nn.Module] = []
        for expansion, width, repeats, stride in STAGES:
            for i in range(repeats):
                blocks.append(InvertedResidual(channels, width, stride if i == 0 else 1, expansion))  # ALSO
            channels = width  # BUG: must be inside the inner loop, repeats keep the old number of channels
        self.blocks = nn.ModuleList(blocks)
        self.last = nn.Sequential(conv_bn(channels, head), nn.ReLU6())
        self.classifier = nn.Linear(head, n_classes)

    def features(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch head"]:
        x = self.stem(images)
        for block in self.blocks:
            x = block(x)  # ALSO
        return self.last(x).mean(dim=(-2, -1))

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch n_classes"]:
        return self.classifier(self.features(images))  # ALSO
