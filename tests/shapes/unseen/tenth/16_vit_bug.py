"""A small vision transformer for pixel observations stored channels-last."""

import rlt
import torch
from rlt.types import Float, Tensor, UInt8
from torch import nn

IMAGE = 32
PATCH = 8
N_PATCHES = (IMAGE // PATCH) ** 2


class PatchEmbed(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.project = nn.Conv2d(3, dim, kernel_size=PATCH, stride=PATCH)

    def forward(self, image: Tensor) -> Tensor:
        return self.project(image).flatten(2).transpose(1, 2)  # ALSO


class Block(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attention = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm1(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return x + self.mlp(self.norm2(x))


class ViT(rlt.Module):
    def __init__(self, n_classes: int, dim: int = 48, depth: int = 2, heads: int = 4) -> None:
        super().__init__()
        self.embed = PatchEmbed(dim)
        self.cls = nn.Parameter(torch.zeros(1, 1, dim))
        self.position = nn.Parameter(0.02 * torch.randn(1, N_PATCHES + 1, dim))
        self.blocks = nn.ModuleList([Block(dim, heads) for _ in range(depth)])
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, n_classes)

    @staticmethod
    def preprocess(pixels: Tensor) -> Tensor:
        return pixels.permute(0, 2, 1, 3).float() / 127.5 - 1.0  # BUG: wrong permutation, the channels stay last

    def forward(self, pixels: UInt8[Tensor, "batch 32 32 3"]) -> Float[Tensor, "batch n_classes"]:
        tokens = self.embed(self.preprocess(pixels))  # ALSO
        cls = self.cls.expand(tokens.shape[0], -1, -1)
        x = torch.cat([cls, tokens], dim=1) + self.position
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 0]))
