import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


def tower(channels: int, depth: int = 2) -> nn.Sequential:
    layers: list[nn.Module] = []
    for _ in range(depth):
        layers += [nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers)


class RetinaHead(rlt.Module):
    """Class scores and box offsets of every anchor, on two pyramid levels."""

    def __init__(self, channels: int, n_anchors: int, n_classes: int) -> None:
        super().__init__()
        self.n_classes = n_classes
        self.cls_tower = tower(channels)
        self.box_tower = tower(channels)
        self.cls_out = nn.Conv2d(channels, n_anchors * n_classes, 3, padding=1)
        self.box_out = nn.Conv2d(channels, n_anchors * 4, 3, padding=1)

    def _per_anchor(self, x: Tensor, size: int) -> Tensor:
        return x.permute(0, 2, 3, 1).reshape(x.shape[0], -1, size)

    def forward(
        self, p3: Float[Tensor, "batch channels h3 w3"], p4: Float[Tensor, "batch channels h4 w4"]
    ) -> tuple[Float[Tensor, "batch total n_classes"], Float[Tensor, "batch total 4"]]:
        scores, boxes = [], []
        for feature in (p3, p4):
            scores.append(self._per_anchor(self.cls_out(self.cls_tower(feature)), self.n_classes))
            boxes.append(self._per_anchor(self.box_out(self.box_tower(feature)), 4))
        return torch.cat(scores, dim=1), torch.cat(boxes, dim=1)


def focal_loss(
    logits: Float[Tensor, "batch total n_classes"], targets: Float[Tensor, "batch total n_classes"], gamma: float = 2.0
) -> Float[Tensor, ""]:
    prob = logits.sigmoid()
    ce = nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    p_t = prob * targets + (1.0 - prob) * (1.0 - targets)
    return (ce * (1.0 - p_t).pow(gamma)).sum() / targets.sum().clamp(min=1.0)
