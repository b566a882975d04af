import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class FCN(rlt.Module):
    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(3, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, stride=2, padding=1),
            nn.ReLU(),
        )
        self.classifier = nn.Conv2d(64, n_classes, 1)

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch height width n_classes"]:
        x = self.classifier(self.backbone(images))
        x = F.interpolate(x, size=images.shape[-2:], mode="bilinear", align_corners=False)
        return x.permute(0, 2, 3, 1)


def segmentation_loss(
    logits: Float[Tensor, "batch height width n_classes"], labels: Int64[Tensor, "batch height width"]
) -> Float[Tensor, ""]:
    logits = logits.permute(0, 3, 1, 2).contiguous()
    return F.cross_entropy(logits, labels, ignore_index=255)


def mean_iou(
    logits: Float[Tensor, "batch height width n_classes"], labels: Int64[Tensor, "batch height width"]
) -> Float[Tensor, ""]:
    n_classes = logits.shape[-1]
    pred = F.one_hot(logits.argmax(dim=-1), n_classes).bool()
    true = F.one_hot(labels, n_classes).bool()
    inter = (pred & true).sum(dim=(0, 1, 2)).float()
    union = (pred | true).sum(dim=(0, 1, 2)).float()
    return (inter / union.clamp(min=1)).mean()


def step(net: FCN, images: Float[Tensor, "batch 3 height width"], labels: Int64[Tensor, "batch height width"]) -> Tensor:
    return segmentation_loss(net(images), labels)
