import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


def double_conv(c_in: int, c_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, 3, padding=1),
        nn.BatchNorm2d(c_out),
        nn.ReLU(inplace=True),
        nn.Conv2d(c_out, c_out, 3, padding=1),
        nn.BatchNorm2d(c_out),
        nn.ReLU(inplace=True),
    )


class UNet(rlt.Module):
    def __init__(self, c_in: int, n_classes: int, base: int = 16) -> None:
        super().__init__()
        self.down1 = double_conv(c_in, base)
        self.down2 = double_conv(base, base * 2)
        self.bottom = double_conv(base * 2, base * 4)
        self.pool = nn.MaxPool2d(2)
        self.up2 = nn.ConvTranspose2d(base * 4, base * 2, 2, stride=2)
        self.dec2 = double_conv(base * 4, base * 2)
        self.up1 = nn.ConvTranspose2d(base * 2, base, 2, stride=2)
        self.dec1 = double_conv(base, base)  # BUG: the skip connection doubles the channels
        self.out = nn.Conv2d(base, n_classes, 1)

    def forward(self, x: Float[Tensor, "batch c_in 64 64"]) -> Float[Tensor, "batch n_classes 64 64"]:
        d1 = self.down1(x)
        d2 = self.down2(self.pool(d1))
        b = self.bottom(self.pool(d2))
        u2 = self.dec2(torch.cat([self.up2(b), d2], dim=1))
        u1 = self.dec1(torch.cat([self.up1(u2), d1], dim=1))  # ALSO
        return self.out(u1)


def pixel_loss(
    net: UNet, x: Float[Tensor, "batch c_in 64 64"], labels: Int64[Tensor, "batch 64 64"]
) -> Float[Tensor, ""]:
    return nn.functional.cross_entropy(net(x), labels)  # ALSO
