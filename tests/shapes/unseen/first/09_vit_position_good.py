"""A small vision transformer."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


class TinyViT(rlt.Module):
    def __init__(self, n_classes: int, d_model: int = 48, patch: int = 8, depth: int = 2) -> None:
        super().__init__()
        n_patches = (32 // patch) ** 2
        self.patchify = nn.Conv2d(3, d_model, kernel_size=patch, stride=patch)
        self.cls = nn.Parameter(torch.zeros(1, 1, d_model))
        self.pos = nn.Parameter(torch.zeros(1, n_patches + 1, d_model))
        layer = nn.TransformerEncoderLayer(d_model, nhead=4, dim_feedforward=96, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=depth)
        self.head = nn.Linear(d_model, n_classes)

    @rlt.typed
    def forward(self, images: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch n_classes"]:
        tokens = self.patchify(images).flatten(2).transpose(1, 2)
        cls = self.cls.expand(images.shape[0], -1, -1)
        x = torch.cat([cls, tokens], dim=1) + self.pos
        return self.head(self.encoder(x)[:, 0])


def example() -> object:
    return TinyViT(n_classes=10)(torch.randn(2, 3, 32, 32))
