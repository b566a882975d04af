import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class FCN(rlt.Module):
    """Fully convolutional segmentation, one upsampling at the end."""

    def __init__(self, n_cls: int, base: int = 8) -> None:
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(3, base, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(base, 2 * base, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(2 * base, 4 * base, 3, stride=2, padding=1),
            nn.ReLU(),
        )
        self.score = nn.Conv2d(4 * base, n_cls, 1)
        self.up = nn.Upsample(scale_factor=4, mode="bilinear", align_corners=False)  # BUG: the backbone's stride is 8

    @rlt.typed
    def forward(self, rgb: Float[Tensor, "batch 3 128 96"]) -> Float[Tensor, "batch n_cls 128 96"]:
        return self.up(self.score(self.backbone(rgb)))  # ALSO


def example() -> object:
    return FCN(6)(torch.randn(1, 3, 128, 96))
