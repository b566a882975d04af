"""A MobileNet-like separable convolution with squeeze-and-excitation."""

from torch import nn

import rlt
from rlt.types import Float, Tensor


class SqueezeExcite(nn.Module):
    def __init__(self, channels: int, ratio: int = 4) -> None:
        super().__init__()
        self.fc1 = nn.Linear(channels, channels // ratio)
        self.fc2 = nn.Linear(channels // ratio, channels)

    def forward(self, x: Tensor) -> Tensor:
        s = x.mean(dim=(2, 3))
        s = self.fc2(self.fc1(s).relu()).sigmoid()
        return x * s.unsqueeze(-1).unsqueeze(-1)


class SeparableConv(rlt.Module):
    def __init__(self, c_in: int = 16, c_out: int = 32) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(c_in, c_in, 3, padding=1, groups=c_in, bias=False),
            nn.BatchNorm2d(c_in),
            nn.Hardswish(),
            SqueezeExcite(c_in),
            nn.Conv2d(c_in, c_out, 1, bias=False),
            nn.BatchNorm2d(c_out),
        )

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch c_in h w"]) -> Float[Tensor, "batch c_out h w"]:
        return self.block(x)
