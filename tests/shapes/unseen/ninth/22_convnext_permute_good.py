"""ConvNeXt stages for CIFAR-sized images."""

from dataclasses import dataclass

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


@dataclass(frozen=True)
class ConvNeXtConfig:
    depths: tuple[int, ...] = (2, 2)
    widths: tuple[int, ...] = (32, 64)
    scale_init: float = 1e-6


class Block(nn.Module):
    def __init__(self, dim: int, scale_init: float) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(dim, dim, kernel_size=7, padding=3, groups=dim)
        self.norm = nn.LayerNorm(dim)
        self.pw1 = nn.Linear(dim, 4 * dim)
        self.act = nn.GELU()
        self.pw2 = nn.Linear(4 * dim, dim)
        self.gamma = nn.Parameter(scale_init * torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        residual = x
        x = self.dwconv(x)
        x = x.permute(0, 2, 3, 1)  # channels last
        x = self.pw2(self.act(self.pw1(self.norm(x))))
        x = self.gamma * x
        x = x.permute(0, 3, 1, 2)
        return residual + x


class ConvNeXt(rlt.Module):
    def __init__(self, cfg: ConvNeXtConfig, n_classes: int = 10) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, cfg.widths[0], kernel_size=4, stride=4)
        self.stage1 = nn.Sequential(*[Block(cfg.widths[0], cfg.scale_init) for _ in range(cfg.depths[0])])
        self.down = nn.Conv2d(cfg.widths[0], cfg.widths[1], kernel_size=2, stride=2)
        self.stage2 = nn.Sequential(*[Block(cfg.widths[1], cfg.scale_init) for _ in range(cfg.depths[1])])
        self.norm = nn.LayerNorm(cfg.widths[1])
        self.head = nn.Linear(cfg.widths[1], n_classes)

    def forward(self, images: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch n_classes"]:
        h = self.stage1(self.stem(images))
        h = self.stage2(self.down(h))
        pooled = h.mean(dim=(-2, -1))
        return self.head(self.norm(pooled))
