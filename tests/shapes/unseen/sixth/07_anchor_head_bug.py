"""One-stage detection head: boxes, objectness and class scores for every anchor."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class DetectionHead(rlt.Module):
    def __init__(self, in_channels: int, n_classes: int, n_anchors: int = 3) -> None:
        super().__init__()
        self.n_anchors = n_anchors
        self.n_classes = n_classes
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, 64, 3, padding=1),
            nn.GroupNorm(8, 64),
            nn.SiLU(),
        )
        self.pred = nn.Conv2d(64, n_anchors * (4 + n_classes), 1)  # BUG: four box numbers and objectness are five

    @rlt.typed
    def forward(
        self, features: Float[Tensor, "batch in_channels h w"]
    ) -> tuple[
        Float[Tensor, "batch n_anchors*h*w 4"],
        Float[Tensor, "batch n_anchors*h*w"],
        Float[Tensor, "batch n_anchors*h*w n_classes"],
    ]:
        b, _, h, w = features.shape
        out = self.pred(self.stem(features))
        out = out.view(b, self.n_anchors, 5 + self.n_classes, h, w)  # ALSO
        out = out.permute(0, 1, 3, 4, 2).reshape(b, -1, 5 + self.n_classes)
        boxes = torch.cat([out[..., :2].sigmoid(), out[..., 2:4].exp()], dim=-1)
        return boxes, out[..., 4].sigmoid(), out[..., 5:]
