import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class TinyResNet(rlt.Module):
    def __init__(self, in_ch: int, n_labels: int, width: int = 24) -> None:
        super().__init__()
        self.stem = nn.Conv2d(in_ch, width, 3, padding=1)
        self.block = nn.Sequential(
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.head = nn.Linear(width, n_labels)

    @rlt.typed
    def forward(self, image: Float[Tensor, "batch in_ch h w"]) -> Float[Tensor, "batch n_labels"]:
        x = self.stem(image)
        x = x + self.block(x)
        x = self.avgpool(x).flatten(1)
        return self.head(x)


def example() -> object:
    return TinyResNet(3, 7)(torch.randn(2, 3, 16, 20))
