import torch
from torch import nn
from torch.nn import functional as F

import rlt
from rlt.types import Float, Int64, Tensor


class SegmentationNet(rlt.Module):
    """A strided encoder, a dilated context module and bilinear upsampling."""

    def __init__(self, n_classes: int, base: int = 32) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(3, base, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(base, 2 * base, 3, stride=2, padding=1),
            nn.ReLU(),
        )
        self.context = nn.Sequential(
            nn.Conv2d(2 * base, 2 * base, 3, padding=2, dilation=2),
            nn.ReLU(),
            nn.Conv2d(2 * base, 2 * base, 3, padding=4, dilation=4),
            nn.ReLU(),
        )
        self.classifier = nn.Conv2d(2 * base, n_classes, 1)

    def forward(self, images: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch n_classes height width"]:
        logits = self.classifier(self.context(self.encoder(images)))
        return F.interpolate(logits, size=images.shape[-2:], mode="bilinear", align_corners=False)


def dice_loss(
    logits: Float[Tensor, "batch n_classes height width"], masks: Int64[Tensor, "batch height width"], eps: float = 1.0
) -> Float[Tensor, ""]:
    n_classes = logits.shape[1]
    probs = logits.softmax(dim=1)
    target = F.one_hot(masks, n_classes).permute(0, 3, 1, 2).float()
    intersection = (probs * target).sum(dim=(2, 3))
    total = probs.sum(dim=(2, 3)) + target.sum(dim=(2, 3))
    dice = (2.0 * intersection + eps) / (total + eps)
    return 1.0 - dice.mean()


def segmentation_loss(model: SegmentationNet, images: Tensor, masks: Int64[Tensor, "batch height width"]) -> Float[Tensor, ""]:
    logits = model(images)
    return F.cross_entropy(logits, masks) + dice_loss(logits, masks)
