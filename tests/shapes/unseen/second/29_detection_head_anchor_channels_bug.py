import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class YoloHead(rlt.Module):
    def __init__(self, in_channels: int, n_classes: int, n_anchors: int = 3) -> None:
        super().__init__()
        self.n_classes = n_classes
        self.n_anchors = n_anchors
        self.conv = nn.Conv2d(in_channels, in_channels, 3, padding=1)
        self.bn = nn.BatchNorm2d(in_channels)
        self.act = nn.LeakyReLU(0.1)
        self.pred = nn.Conv2d(in_channels, n_anchors * (4 + n_classes), 1)  # BUG: 5 + n_classes, box and objectness

    @rlt.typed
    def forward(
        self, fmap: Float[Tensor, "batch in_channels 13 13"]
    ) -> Float[Tensor, "batch n_anchors 13 13 5+n_classes"]:
        p = self.pred(self.act(self.bn(self.conv(fmap))))
        b, _, h, w = p.shape
        p = p.view(b, self.n_anchors, self.n_classes + 5, h, w)  # ALSO
        return p.permute(0, 1, 3, 4, 2)  # ALSO


def example() -> object:
    return YoloHead(16, 20)(torch.randn(2, 16, 13, 13))
