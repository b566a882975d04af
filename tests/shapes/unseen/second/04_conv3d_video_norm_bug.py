import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


def conv_bn(cin: int, cout: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv3d(cin, cout, kernel_size=3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(cout),  # BUG: the maps of a clip have five dimensions
        nn.ReLU(inplace=True),
    )


class C3D(rlt.Module):
    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.stem = conv_bn(3, 16, 1)  # ALSO
        self.stage = conv_bn(16, 32, 2)  # ALSO
        self.pool = nn.AdaptiveAvgPool3d(1)
        self.fc = nn.Linear(32, num_classes)

    @rlt.typed
    def forward(self, clip: Float[Tensor, "batch 3 8 32 32"]) -> Float[Tensor, "batch num_classes"]:
        x = self.stage(self.stem(clip))  # ALSO
        return self.fc(torch.flatten(self.pool(x), 1))


def example() -> object:
    return C3D(10)(torch.randn(2, 3, 8, 32, 32))
