"""Vision transformer for 32x32 images with patches of 4."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class ViT(rlt.Module):
    def __init__(self, n_classes: int, dim: int = 64, depth: int = 2) -> None:
        super().__init__()
        n_patches = (32 // 4) ** 2
        self.patch = nn.Conv2d(3, dim, kernel_size=4, stride=4)
        self.cls = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos = nn.Parameter(torch.randn(1, n_patches, dim) * 0.02)  # BUG: forgets the class token, n_patches + 1
        self.blocks = nn.ModuleList(
            [nn.TransformerEncoderLayer(dim, 4, 2 * dim, batch_first=True, norm_first=True) for _ in range(depth)]
        )
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, n_classes)

    @rlt.typed
    def forward(self, images: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch n_classes"]:
        x = self.patch(images).flatten(2).transpose(1, 2)
        cls = self.cls.expand(x.shape[0], -1, -1)
        x = torch.cat([cls, x], dim=1)
        x = x + self.pos  # ALSO
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 0]))


def example() -> object:
    return ViT(10, dim=16)(torch.randn(2, 3, 32, 32))
