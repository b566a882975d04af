import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class Conv3dBlock(nn.Module):
    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(c_in, c_out, kernel_size=3, padding=1)
        self.norm = nn.BatchNorm3d(c_out)
        self.pool = nn.MaxPool3d(kernel_size=(1, 2, 2))

    def forward(self, x: Tensor) -> Tensor:
        return self.pool(torch.relu(self.norm(self.conv(x))))


class ClipClassifier(rlt.Module):
    def __init__(self, n_classes: int, width: int = 16) -> None:
        super().__init__()
        self.block1 = Conv3dBlock(3, width)
        self.block2 = Conv3dBlock(width, 2 * width)
        self.head = nn.Linear(2 * width, n_classes)

    def forward(self, clip: Float[Tensor, "batch frames 3 56 56"]) -> Float[Tensor, "batch n_classes"]:
        x = clip.transpose(1, 2)
        x = self.block1(x)
        x = self.block2(x)
        x = x.mean(dim=(2, 3, 4))
        return self.head(x)


def accuracy(
    model: ClipClassifier, clip: Float[Tensor, "batch frames 3 56 56"], label: Int64[Tensor, "batch"]
) -> Float[Tensor, ""]:
    predicted = model(clip).argmax(dim=-1)
    return (predicted == label).float().mean()
