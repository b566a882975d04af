"""Vision transformer with a class token."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class PatchEmbed(rlt.Module):
    def __init__(self, dim: int, patch: int = 8) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, dim, kernel_size=patch, stride=patch)

    def forward(self, x: Tensor) -> Tensor:
        return self.proj(x).flatten(2).transpose(1, 2)


class ViT(rlt.Module):
    def __init__(self, dim: int = 64, depth: int = 2, heads: int = 4, n_classes: int = 10) -> None:
        super().__init__()
        n_patches = (32 // 8) ** 2
        self.patch = PatchEmbed(dim)
        self.cls = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos = nn.Parameter(torch.zeros(1, n_patches, dim))  # BUG: the class token needs a position too
        layer = nn.TransformerEncoderLayer(dim, heads, dim_feedforward=4 * dim, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, depth, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, n_classes)

    @rlt.typed
    def forward(self, images: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch n_classes"]:
        x = self.patch(images)
        cls = self.cls.expand(x.shape[0], -1, -1)
        x = torch.cat([cls, x], dim=1) + self.pos  # ALSO
        x = self.encoder(x)
        return self.head(self.norm(x[:, 0]))
