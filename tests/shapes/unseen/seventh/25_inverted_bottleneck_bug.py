import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class InvertedResidual(nn.Module):
    def __init__(self, c_in: int, c_out: int, expand: int, stride: int = 1) -> None:
        super().__init__()
        hidden = c_in * expand
        self.use_skip = stride == 1 and c_in == c_out
        self.block = nn.Sequential(
            nn.Conv2d(c_in, hidden, 1, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU6(),
            nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU6(),
            nn.Conv2d(hidden, c_out, 1, bias=False),
            nn.BatchNorm2d(hidden),  # BUG: the projection gives c_out channels
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.block(x)  # ALSO
        return x + y if self.use_skip else y


class MobileClassifier(rlt.Module):
    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, stride=2, padding=1)
        self.features = nn.Sequential(
            InvertedResidual(16, 24, expand=4, stride=2),
            InvertedResidual(24, 24, expand=4),
            InvertedResidual(24, 40, expand=6, stride=2),
        )
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(40, n_classes)

    def forward(self, images: Float[Tensor, "batch 3 64 64"]) -> Float[Tensor, "batch n_classes"]:
        x = self.features(self.stem(images))  # ALSO
        return self.classifier(self.pool(x).flatten(1))
