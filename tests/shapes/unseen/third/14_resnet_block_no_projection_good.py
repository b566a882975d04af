"""ResNet stem and a stage of basic blocks."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


def conv3x3(c_in: int, c_out: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(c_in, c_out, kernel_size=3, stride=stride, padding=1, bias=False)


class BasicBlock(rlt.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = conv3x3(channels, channels)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = conv3x3(channels, channels)
        self.bn2 = nn.BatchNorm2d(channels)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch channels h w"]) -> Float[Tensor, "batch channels h w"]:
        out = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(out)) + x)


class DownBlock(rlt.Module):
    """Halves the map and doubles the channels."""

    def __init__(self, planes: int) -> None:
        super().__init__()
        self.conv1 = conv3x3(planes, 2 * planes, stride=2)
        self.bn1 = nn.BatchNorm2d(2 * planes)
        self.conv2 = conv3x3(2 * planes, 2 * planes)
        self.bn2 = nn.BatchNorm2d(2 * planes)
        self.project = nn.Sequential(nn.Conv2d(planes, 2 * planes, 1, stride=2, bias=False), nn.BatchNorm2d(2 * planes))

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch planes 32 32"]) -> Float[Tensor, "batch 2*planes 16 16"]:
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return F.relu(out + self.project(x))


class SmallResNet(rlt.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv3x3(3, 32), nn.BatchNorm2d(32), nn.ReLU())
        self.stage = nn.Sequential(BasicBlock(32), BasicBlock(32), DownBlock(32), BasicBlock(64))
        self.fc = nn.Linear(64, classes)

    @rlt.typed
    def forward(self, image: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch classes"]:
        h = self.stage(self.stem(image))
        return self.fc(h.mean(dim=(2, 3)))


def example() -> object:
    return SmallResNet(10)(torch.randn(2, 3, 32, 32))
