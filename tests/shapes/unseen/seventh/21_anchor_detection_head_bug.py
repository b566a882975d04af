import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Neck(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm = nn.GroupNorm(8, channels)

    def forward(self, x):
        return x + torch.relu(self.norm(self.conv(x)))


class DetectionHead(rlt.Module):
    """Box, objectness and classes for every anchor of every cell."""

    def __init__(self, channels: int, n_anchors: int, n_classes: int) -> None:
        super().__init__()
        self.n_anchors = n_anchors
        self.n_classes = n_classes
        self.neck = Neck(channels)
        self.pred = nn.Conv2d(channels, n_anchors * (4 + n_classes), 1)  # BUG: 4 box numbers and no objectness

    def forward(
        self, features: Float[Tensor, "batch channels rows cols"]
    ) -> tuple[
        Float[Tensor, "batch n_anchors rows cols 4"],
        Float[Tensor, "batch n_anchors rows cols"],
        Float[Tensor, "batch n_anchors rows cols n_classes"],
    ]:
        batch, _, rows, cols = features.shape
        x = self.pred(self.neck(features))
        x = x.view(batch, self.n_anchors, 5 + self.n_classes, rows, cols)  # ALSO
        x = x.permute(0, 1, 3, 4, 2)
        box, objectness, classes = x.split([4, 1, self.n_classes], dim=-1)
        return box, objectness.squeeze(-1), classes


def decode(head: DetectionHead, features: Float[Tensor, "batch channels rows cols"], threshold: float = 0.5) -> Tensor:
    box, objectness, classes = head(features)  # ALSO
    score = objectness.sigmoid() * classes.softmax(dim=-1).amax(dim=-1)
    return box[score > threshold]
