"""A small U-Net for binary segmentation of 64x64 microscopy tiles."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Tensor
from torch import nn


def conv_block(c_in: int, c_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(c_out),
        nn.ReLU(inplace=True),
        nn.Conv2d(c_out, c_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(c_out),
        nn.ReLU(inplace=True),
    )


class Up(nn.Module):
    """Doubles the resolution and joins the skip connection."""

    def __init__(self, c_in: int, c_skip: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(c_in, c_skip, kernel_size=3, stride=2, padding=1)  # BUG: gives 2h-1, needs output_padding=1
        self.conv = conv_block(2 * c_skip, c_skip)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        out: Tensor = self.conv(torch.cat([skip, self.up(x)], dim=1))  # ALSO
        return out


class UNet(rlt.Module):
    def __init__(self, base: int = 16, n_classes: int = 1) -> None:
        super().__init__()
        self.enc1 = conv_block(3, base)
        self.enc2 = conv_block(base, 2 * base)
        self.bottom = conv_block(2 * base, 4 * base)
        self.up2 = Up(4 * base, 2 * base)
        self.up1 = Up(2 * base, base)
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Conv2d(base, n_classes, kernel_size=1)

    def forward(self, x: Float[Tensor, "batch 3 64 64"]) -> Float[Tensor, "batch n_classes 64 64"]:
        e1 = self.enc1(x)
        e2 = self.enc2(self.pool(e1))
        h = self.bottom(self.pool(e2))
        h = self.up2(h, e2)  # ALSO
        h = self.up1(h, e1)  # ALSO
        return self.head(h)


def dice_loss(logits: Float[Tensor, "batch c h w"], mask: Float[Tensor, "batch c h w"], eps: float = 1.0) -> Float[Tensor, ""]:
    prob = logits.sigmoid()
    overlap = (prob * mask).sum(dim=(1, 2, 3))
    total = prob.sum(dim=(1, 2, 3)) + mask.sum(dim=(1, 2, 3))
    return 1.0 - ((2.0 * overlap + eps) / (total + eps)).mean()


def loss_fn(net: UNet, x: Float[Tensor, "batch 3 64 64"], mask: Float[Tensor, "batch 1 64 64"]) -> Float[Tensor, ""]:
    logits = net(x)
    return dice_loss(logits, mask) + F.binary_cross_entropy_with_logits(logits, mask)
