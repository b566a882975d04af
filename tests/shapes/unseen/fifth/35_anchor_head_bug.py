"""A dense detection head: class scores and box offsets for every anchor of a feature map."""

from torch import nn

import rlt
from rlt.types import Float, Tensor


class AnchorHead(rlt.Module):
    def __init__(self, channels: int, n_classes: int, n_anchors: int = 9) -> None:
        super().__init__()
        self.n_classes, self.n_anchors = n_classes, n_anchors
        self.tower = nn.Sequential(
            nn.Conv2d(channels, 256, 3, padding=1),
            nn.GroupNorm(32, 256),
            nn.ReLU(inplace=True),
        )
        self.classes = nn.Conv2d(256, n_anchors * n_classes, 3, padding=1)
        self.boxes = nn.Conv2d(256, 4, 3, padding=1)  # BUG: four numbers for every anchor, n_anchors * 4

    def per_anchor(self, x: Tensor, size: int) -> Tensor:
        b, _, h, w = x.shape
        x = x.view(b, self.n_anchors, size, h, w)  # ALSO
        return x.permute(0, 3, 4, 1, 2).reshape(b, h * w * self.n_anchors, size)

    @rlt.typed
    def forward(
        self, features: Float[Tensor, "batch channels h w"]
    ) -> tuple[Float[Tensor, "batch n_anchors*h*w n_classes"], Float[Tensor, "batch n_anchors*h*w 4"]]:
        x = self.tower(features)
        scores = self.per_anchor(self.classes(x), self.n_classes)
        return scores, self.per_anchor(self.boxes(x), 4)  # ALSO
