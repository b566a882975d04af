"""Feature pyramid top-down step on 50x50 inputs."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Tensor
from torch import nn


class TopDown(rlt.Module):
    def __init__(self, in_ch: int, width: int = 32) -> None:
        super().__init__()
        self.stem = nn.Conv2d(in_ch, width, 3, stride=2, padding=1)
        self.deep = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)
        self.lateral = nn.Conv2d(width, width, 1)
        self.reduce = nn.Conv2d(2 * width, width, 1)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch in_ch 50 50"]) -> Float[Tensor, "batch width 25 25"]:
        c1 = F.relu(self.stem(x))
        c2 = F.relu(self.deep(c1))
        top = F.interpolate(self.reduce(c2), scale_factor=2, mode="nearest")  # BUG: 13 -> 26, c1 is 25
        return self.lateral(c1) + top  # ALSO


def example() -> object:
    return TopDown(in_ch=3)(torch.randn(1, 3, 50, 50))
