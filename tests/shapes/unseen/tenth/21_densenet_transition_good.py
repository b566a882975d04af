"""A small DenseNet for 32x32 images: dense blocks, transitions that halve the channels, global pooling."""

import torch
from torch import nn
from torch.nn import functional as F

import rlt
from rlt.types import Float, Tensor

GROWTH = 12


class DenseLayer(nn.Module):
    def __init__(self, in_channels: int, growth: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(in_channels)
        self.conv = nn.Conv2d(in_channels, growth, kernel_size=3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([x, self.conv(F.relu(self.norm(x)))], dim=1)


class Transition(nn.Sequential):
    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(
            nn.BatchNorm2d(in_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(in_channels, out_channels, kernel_size=1, bias=False),
            nn.AvgPool2d(2),
        )


class DenseNet(rlt.Module):
    def __init__(self, num_classes: int, layers: tuple[int, int, int] = (4, 4, 4)) -> None:
        super().__init__()
        channels = 2 * GROWTH
        self.stem = nn.Conv2d(3, channels, kernel_size=3, padding=1, bias=False)
        stages: list[nn.Module] = []
        for i, depth in enumerate(layers):
            for _ in range(depth):
                stages.append(DenseLayer(channels, GROWTH))
                channels += GROWTH
            if i < len(layers) - 1:
                stages.append(Transition(channels, channels // 2))
                channels //= 2
        self.features = nn.Sequential(*stages)
        self.norm = nn.BatchNorm2d(channels)
        self.classifier = nn.Linear(channels, num_classes)

    def forward(self, images: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch num_classes"]:
        h = self.features(self.stem(images))
        h = F.relu(self.norm(h))
        h = F.adaptive_avg_pool2d(h, 1).flatten(1)
        return self.classifier(h)
