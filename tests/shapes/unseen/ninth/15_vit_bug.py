"""A vision transformer with a class token."""
from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import rlt
from rlt.types import Float, Int64


@dataclass
class ViTConfig:
    image: int = 32
    patch: int = 4
    width: int = 96
    heads: int = 3
    depth: int = 2
    classes: int = 10


class Block(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm1(x)
        x = x + self.attention(y, y, y, need_weights=False)[0]
        return x + self.mlp(self.norm2(x))


class ViT(rlt.Module):
    def __init__(self, cfg: ViTConfig) -> None:
        super().__init__()
        self.image, self.classes = cfg.image, cfg.classes
        n_patches = (cfg.image // cfg.patch) ** 2
        self.patchify = nn.Conv2d(3, cfg.width, cfg.patch, stride=cfg.patch)
        self.cls = nn.Parameter(torch.zeros(1, 1, cfg.width))
        self.position = nn.Parameter(0.02 * torch.randn(1, n_patches, cfg.width))  # BUG: n_patches + 1: the class token
        self.blocks = nn.ModuleList(Block(cfg.width, cfg.heads) for _ in range(cfg.depth))
        self.norm = nn.LayerNorm(cfg.width)
        self.head = nn.Linear(cfg.width, cfg.classes)

    def embed(self, images: Tensor) -> Tensor:
        x = self.patchify(images).flatten(2).transpose(1, 2)
        cls = self.cls.expand(x.shape[0], -1, -1)
        return torch.cat([cls, x], dim=1) + self.position  # ALSO

    def forward(self, images: Float[Tensor, "batch 3 image image"]) -> Float[Tensor, "batch classes"]:
        x = self.embed(images)  # ALSO
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)[:, 0])


def training_loss(
    net: ViT, images: Float[Tensor, "b 3 32 32"], labels: Int64[Tensor, "b"]
) -> Float[Tensor, ""]:
    return F.cross_entropy(net(images), labels, label_smoothing=0.1)
