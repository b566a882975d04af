"""Multi-head attention over padded sets."""

import torch
from torch import nn

import rlt
from rlt.types import Bool, Float, Tensor


class MaskedAttention(rlt.Module):
    def __init__(self, dim: int = 64, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)

    @rlt.typed
    def forward(
        self, x: Float[Tensor, "batch items dim"], valid: Bool[Tensor, "batch items"]
    ) -> Float[Tensor, "batch dim"]:
        b, n, d = x.shape
        qkv = self.qkv(x).reshape(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv[0], qkv[1], qkv[2]
        scores = torch.matmul(q, k.transpose(-1, -2)) / (d // self.heads) ** 0.5
        scores = scores.masked_fill(~valid, -1e9)  # BUG: [batch, items] against [batch, heads, items, items]
        mixed = torch.matmul(scores.softmax(dim=-1), v)
        y = self.out(mixed.transpose(1, 2).reshape(b, n, d))
        weight = valid.float().unsqueeze(-1)
        return (y * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1.0)
