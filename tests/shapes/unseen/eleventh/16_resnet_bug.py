"""A small ResNet for 32x32 colour images."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor

STAGES = (16, 32, 64)


class BasicBlock(nn.Module):
    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_out, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(c_out)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or c_in != c_out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(c_in, c_out, 1, bias=False),  # BUG: without the stride the shortcut keeps the full resolution
                nn.BatchNorm2d(c_out),
            )

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return F.relu(y + self.shortcut(x))  # ALSO


class SmallResNet(rlt.Module):
    def __init__(self, n_classes: int, blocks_per_stage: int = 2) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, STAGES[0], 3, padding=1)
        self.blocks = nn.ModuleList()
        c_in = STAGES[0]
        for i, c_out in enumerate(STAGES):
            for j in range(blocks_per_stage):
                stride = 2 if i > 0 and j == 0 else 1
                self.blocks.append(BasicBlock(c_in, c_out, stride))  # ALSO
                c_in = c_out
        self.head = nn.Linear(STAGES[-1], n_classes)

    def forward(self, image: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch n_classes"]:
        x = F.relu(self.stem(image))
        for block in self.blocks:
            x = block(x)  # ALSO
        x = F.adaptive_avg_pool2d(x, 1).flatten(1)
        return self.head(x)


def classify(
    net: SmallResNet, image: Float[Tensor, "batch 3 32 32"], label: Int64[Tensor, "batch"]
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    logits = net(image)  # ALSO
    loss = F.cross_entropy(logits, label, label_smoothing=0.1)
    with torch.no_grad():
        accuracy = (logits.argmax(dim=1) == label).float().mean()
    return loss, accuracy
