"""Activity recognition from windows of accelerometer samples."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


class ActivityNet(rlt.Module):
    WINDOW = 128

    def __init__(self, axes: int, n_classes: int, channels: tuple[int, ...] = (16, 32, 64)) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        prev = axes
        for c in channels:
            blocks += [nn.Conv1d(prev, c, kernel_size=5, padding=2), nn.ReLU(), nn.AvgPool1d(2)]
            prev = c
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(prev * (self.WINDOW // 8), n_classes)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch axes 128"]) -> Float[Tensor, "batch n_classes"]:
        h = self.blocks(x)
        return self.fc(h.reshape(h.shape[0], -1))


def example() -> object:
    return ActivityNet(axes=3, n_classes=6)(torch.randn(5, 3, 128))
