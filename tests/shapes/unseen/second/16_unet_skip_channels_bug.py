import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


def double_conv(i: int, o: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(i, o, 3, padding=1), nn.ReLU(),
        nn.Conv2d(o, o, 3, padding=1), nn.ReLU(),
    )


class MiniUNet(rlt.Module):
    def __init__(self, in_ch: int, n_classes: int) -> None:
        super().__init__()
        self.down1 = double_conv(in_ch, 16)
        self.down2 = double_conv(16, 32)
        self.up = nn.ConvTranspose2d(32, 16, 2, stride=2)
        self.dec = double_conv(16, 16)  # BUG: the skip doubles the channels to 32
        self.last = nn.Conv2d(16, n_classes, 1)

    @rlt.typed
    def forward(self, x: Float[Tensor, "b in_ch 64 64"]) -> Float[Tensor, "b n_classes 64 64"]:
        s = self.down1(x)
        y = self.up(self.down2(F.max_pool2d(s, 2)))
        return self.last(self.dec(torch.cat([y, s], dim=1)))  # ALSO


def example() -> object:
    return MiniUNet(3, 5)(torch.randn(1, 3, 64, 64))
