"""A small convolutional classifier for 28x28 digits."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class DigitNet(rlt.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=5)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=5)
        self.pool = nn.MaxPool2d(2)
        self.drop = nn.Dropout(0.25)
        self.fc1 = nn.Linear(32 * 7 * 7, 128)  # BUG: without padding the map is 4x4, not 7x7
        self.fc2 = nn.Linear(128, 10)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch 1 28 28"]) -> Float[Tensor, "batch 10"]:
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = torch.flatten(x, 1)
        x = self.drop(F.relu(self.fc1(x)))  # ALSO
        return F.log_softmax(self.fc2(x), dim=1)


def example() -> object:
    return DigitNet()(torch.randn(4, 1, 28, 28))
