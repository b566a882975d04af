"""A small LeNet-like classifier for 28x28 digits."""

import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class DigitNet(rlt.Module):
    def __init__(self, n_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, kernel_size=3)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=3)
        self.drop = nn.Dropout2d(0.25)
        self.fc1 = nn.Linear(64 * 14 * 14, 128)  # BUG: 28 -> 26 -> 24 -> pooled 12
        self.fc2 = nn.Linear(128, n_classes)

    @rlt.typed
    def forward(self, images: Float[Tensor, "batch 1 28 28"]) -> Float[Tensor, "batch n_classes"]:
        x = F.relu(self.conv1(images))
        x = F.relu(self.conv2(x))
        x = F.max_pool2d(x, 2)
        x = self.drop(x)
        x = x.flatten(1)
        x = F.relu(self.fc1(x))  # ALSO
        return F.log_softmax(self.fc2(x), dim=1)
