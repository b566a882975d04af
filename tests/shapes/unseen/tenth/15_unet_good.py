"""A two-level U-Net for segmentation."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Int64, Tensor
from torch import nn

N_CLASSES = 5


def double_conv(c_in: int, c_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(c_out),
        nn.ReLU(inplace=True),
        nn.Conv2d(c_out, c_out, 3, padding=1, bias=False),
        nn.BatchNorm2d(c_out),
        nn.ReLU(inplace=True),
    )


class Up(nn.Module):
    def __init__(self, c_in: int, c_skip: int, c_out: int) -> None:
        super().__init__()
        self.up = nn.ConvTranspose2d(c_in, c_out, kernel_size=2, stride=2)
        self.conv = double_conv(c_out + c_skip, c_out)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.conv(torch.cat([skip, self.up(x)], dim=1))


class UNet(rlt.Module):
    def __init__(self, base: int = 8) -> None:
        super().__init__()
        self.down1 = double_conv(3, base)
        self.down2 = double_conv(base, 2 * base)
        self.middle = double_conv(2 * base, 4 * base)
        self.up2 = Up(4 * base, 2 * base, 2 * base)
        self.up1 = Up(2 * base, base, base)
        self.classify = nn.Conv2d(base, N_CLASSES, kernel_size=1)
        self.pool = nn.MaxPool2d(2)

    def forward(self, image: Float[Tensor, "batch 3 64 64"]) -> Float[Tensor, "batch 5 64 64"]:
        skip1 = self.down1(image)
        skip2 = self.down2(self.pool(skip1))
        x = self.middle(self.pool(skip2))
        x = self.up2(x, skip2)
        x = self.up1(x, skip1)
        return self.classify(x)


def segmentation_loss(
    net: UNet, image: Float[Tensor, "batch 3 64 64"], mask: Int64[Tensor, "batch 64 64"]
) -> Float[Tensor, ""]:
    logits = net(image)
    probs = logits.softmax(dim=1)
    truth = F.one_hot(mask, N_CLASSES).permute(0, 3, 1, 2).float()
    overlap = (probs * truth).sum(dim=(2, 3))
    dice = (2 * overlap + 1) / (probs.sum(dim=(2, 3)) + truth.sum(dim=(2, 3)) + 1)
    return F.cross_entropy(logits, mask) + 1 - dice.mean()
