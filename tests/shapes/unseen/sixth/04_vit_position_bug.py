"""Vision transformer classifier with a class token and learned positions."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class PatchEmbed(nn.Module):
    def __init__(self, patch_size: int, dim: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, dim, patch_size, stride=patch_size)

    def forward(self, x: Tensor) -> Tensor:
        return self.proj(x).flatten(2).transpose(1, 2)


class ViT(rlt.Module):
    def __init__(self, n_classes: int, image_size: int = 32, patch_size: int = 8, dim: int = 64) -> None:
        super().__init__()
        n_patches = (image_size // patch_size) ** 2
        self.patch = PatchEmbed(patch_size, dim)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.randn(1, n_patches, dim) * 0.02)  # BUG: no place for the class token
        layer = nn.TransformerEncoderLayer(dim, nhead=4, dim_feedforward=2 * dim, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, n_classes)

    @rlt.typed
    def forward(self, image: Float[Tensor, "batch 3 image_size image_size"]) -> Float[Tensor, "batch n_classes"]:
        x = self.patch(image)
        cls = self.cls_token.expand(x.shape[0], -1, -1)
        x = torch.cat([cls, x], dim=1)
        x = x + self.pos_embed  # ALSO
        x = self.encoder(x)
        return self.head(self.norm(x[:, 0]))
