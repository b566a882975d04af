"""ConvNeXt feature extractor: depthwise convolution, channels-last MLP, layer scale."""

from __future__ import annotations

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class ConvNeXtBlock(rlt.Module):
    def __init__(self, dim: int, scale: float = 1e-6) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(dim, dim, 7, padding=3, groups=dim)
        self.norm = nn.LayerNorm(dim)
        self.expand = nn.Linear(dim, 4 * dim)
        self.act = nn.GELU()
        self.contract = nn.Linear(4 * dim, dim)
        self.gamma = nn.Parameter(scale * torch.ones(dim))

    def forward(self, x: Float[Tensor, "batch dim height width"]) -> Float[Tensor, "batch dim height width"]:
        h = self.depthwise(x)
        h = h.permute(0, 2, 3, 1)
        h = self.contract(self.act(self.expand(self.norm(h))))
        h = self.gamma * h
        h = h.permute(0, 3, 1, 2)
        return x + h


class Downsample(nn.Module):
    def __init__(self, in_dim: int, out_dim: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(1, in_dim)
        self.conv = nn.Conv2d(in_dim, out_dim, 2, stride=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(self.norm(x))


class ConvNeXt(rlt.Module):
    def __init__(self, in_channels: int, embed_dim: int, n_stages: int = 2, depth: int = 2) -> None:
        super().__init__()
        self.stem = nn.Conv2d(in_channels, 24, 4, stride=4)
        self.stages = nn.ModuleList()
        dim = 24
        for _ in range(n_stages):
            blocks = [ConvNeXtBlock(dim) for _ in range(depth)]
            self.stages.append(nn.Sequential(*blocks, Downsample(dim, 2 * dim)))
            dim *= 2
        self.project = nn.Linear(dim, embed_dim)

    def forward(self, images: Float[Tensor, "batch in_channels height width"]) -> Float[Tensor, "batch embed_dim"]:
        x = self.stem(images)
        for stage in self.stages:
            x = stage(x)
        return self.project(x.mean(dim=(-2, -1)))
