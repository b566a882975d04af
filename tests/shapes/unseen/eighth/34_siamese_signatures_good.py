"""Signature verification: a Siamese network with a contrastive loss."""

import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Bool, Float, Tensor


class Siamese(rlt.Module):
    def __init__(self, embed_dim: int = 64) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d((4, 8)),
        )
        self.project = nn.Linear(32 * 4 * 8, embed_dim)

    def embed(self, image: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch embed_dim"]:
        return F.normalize(self.project(self.features(image).flatten(1)), dim=1)

    @rlt.typed
    def forward(
        self, first: Float[Tensor, "batch 1 height width"], second: Float[Tensor, "batch 1 height width"]
    ) -> Float[Tensor, "batch"]:
        a, b = self.embed(first), self.embed(second)
        return F.pairwise_distance(a, b)


def contrastive_loss(
    distance: Float[Tensor, "batch"], same: Bool[Tensor, "batch"], margin: float = 1.0
) -> Float[Tensor, ""]:
    pull = distance.square()
    push = F.relu(margin - distance).square()
    same = same.float()
    return (same * pull + (1 - same) * push).mean()


def verification_step(model: Siamese, first: Tensor, second: Tensor, same: Tensor) -> Tensor:
    distance = model(first, second)
    return contrastive_loss(distance, same)
