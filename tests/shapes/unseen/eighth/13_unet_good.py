import torch
from torch import nn
from torch.nn import functional as F

import rlt
from rlt.types import Float, Tensor


class DoubleConv(nn.Module):
    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, padding=1),
            nn.GroupNorm(8, out_channels),
            nn.SiLU(),
            nn.Conv2d(out_channels, out_channels, 3, padding=1),
            nn.SiLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


class UNet(rlt.Module):
    """Two levels down, two levels up, with skip connections."""

    def __init__(self, in_channels: int, out_channels: int, width: int = 32) -> None:
        super().__init__()
        self.enc1 = DoubleConv(in_channels, width)
        self.enc2 = DoubleConv(width, 2 * width)
        self.mid = DoubleConv(2 * width, 4 * width)
        self.up2 = nn.ConvTranspose2d(4 * width, 2 * width, 2, stride=2)
        self.dec2 = DoubleConv(4 * width, 2 * width)
        self.up1 = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.dec1 = DoubleConv(2 * width, width)
        self.out = nn.Conv2d(width, out_channels, 1)

    def forward(self, image: Float[Tensor, "batch in_channels 64 64"]) -> Float[Tensor, "batch out_channels 64 64"]:
        s1 = self.enc1(image)
        s2 = self.enc2(F.max_pool2d(s1, 2))
        x = self.mid(F.max_pool2d(s2, 2))
        x = self.dec2(torch.cat([self.up2(x), s2], dim=1))
        x = self.dec1(torch.cat([self.up1(x), s1], dim=1))
        return self.out(x)


def denoising_loss(model: UNet, clean: Float[Tensor, "batch channels 64 64"], sigma: float = 0.1) -> Float[Tensor, ""]:
    noisy = clean + sigma * torch.randn_like(clean)
    return F.l1_loss(model(noisy), clean)
