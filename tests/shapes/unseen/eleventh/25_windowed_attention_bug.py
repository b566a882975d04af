"""Swin's window attention with a learned relative position bias."""

from __future__ import annotations

import torch
from torch import Tensor, nn

import rlt
from rlt.types import Float


def relative_index(window: int) -> Tensor:
    """Index into the (2*window-1)**2 biases for each pair of positions, (window**2, window**2)."""
    grid = torch.meshgrid(torch.arange(window), torch.arange(window), indexing="ij")
    coords = torch.stack(grid).flatten(1)
    rel = coords[:, :, None] - coords[:, None, :] + window - 1
    return rel[0] * (2 * window - 1) + rel[1]


class WindowAttention(rlt.Module):
    rel_index: Tensor

    def __init__(self, dim: int, heads: int, window: int) -> None:
        super().__init__()
        self.dim = dim
        self.heads = heads
        self.window = window
        self.scale = (dim // heads) ** -0.5
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.bias_table = nn.Parameter(torch.zeros((2 * window - 1) ** 2, heads))
        self.register_buffer("rel_index", relative_index(window))

    def position_bias(self) -> Float[Tensor, "heads window*window window*window"]:
        n = self.window * self.window
        bias = self.bias_table[self.rel_index.view(-1)].view(n, n, self.heads)
        return bias  # BUG: heads are last, permute(2, 0, 1) is missing

    def forward(
        self, x: Float[Tensor, "windows window*window dim"]
    ) -> Float[Tensor, "windows window*window dim"]:
        b, n, _ = x.shape
        qkv = self.qkv(x).view(b, n, 3, self.heads, self.dim // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        scores = q @ k.transpose(-2, -1) * self.scale
        scores = scores + self.position_bias()  # ALSO
        out = scores.softmax(dim=-1) @ v
        return self.proj(out.transpose(1, 2).reshape(b, n, self.dim))


class SwinBlock(rlt.Module):
    def __init__(self, dim: int, heads: int, window: int, mlp_ratio: int = 4) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attn = WindowAttention(dim, heads, window)
        self.mlp = nn.Sequential(
            nn.Linear(dim, mlp_ratio * dim), nn.GELU(), nn.Linear(mlp_ratio * dim, dim)
        )

    def forward(
        self, x: Float[Tensor, "windows window*window dim"]
    ) -> Float[Tensor, "windows window*window dim"]:
        x = x + self.attn(self.norm1(x))  # ALSO
        return x + self.mlp(self.norm2(x))
