"""Vision transformer with a class token, configured by a dataclass."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


@dataclass(frozen=True)
class ViTConfig:
    image_size: int = 32
    patch_size: int = 8
    channels: int = 3
    dim: int = 48
    depth: int = 2
    heads: int = 4
    n_classes: int = 10

    @property
    def n_patches(self) -> int:
        return (self.image_size // self.patch_size) ** 2


class Block(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attention = nn.MultiheadAttention(dim, heads, batch_first=True)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm1(x)
        x = x + self.attention(h, h, h, need_weights=False)[0]
        return x + self.mlp(self.norm2(x))


class ViT(rlt.Module):
    def __init__(self, cfg: ViTConfig) -> None:
        super().__init__()
        self.patchify = nn.Conv2d(cfg.channels, cfg.dim, cfg.patch_size, stride=cfg.patch_size)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, cfg.dim))
        self.positions = nn.Parameter(torch.randn(1, cfg.n_patches + 1, cfg.dim) * 0.02)
        self.blocks = nn.ModuleList([Block(cfg.dim, cfg.heads) for _ in range(cfg.depth)])
        self.norm = nn.LayerNorm(cfg.dim)
        self.head = nn.Linear(cfg.dim, cfg.n_classes)

    def _tokens(self, images: Tensor) -> Tensor:
        patches = self.patchify(images).flatten(2).transpose(1, 2)
        cls = self.cls_token.expand(images.shape[0], -1, -1)
        return torch.cat([cls, patches], dim=1) + self.positions

    def forward(self, images: Float[Tensor, "batch channels image_size image_size"]) -> Float[Tensor, "batch n_classes"]:
        x = self._tokens(images)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 0]))
