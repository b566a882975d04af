"""A session-based recommender: self-attention over clicked items, scores for every item."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class SessionRecommender(rlt.Module):
    def __init__(self, n_items: int, dim: int = 64, max_len: int = 50) -> None:
        super().__init__()
        self.items = nn.Embedding(n_items, dim, padding_idx=0)
        self.positions = nn.Parameter(torch.zeros(max_len, dim))
        self.norm1 = nn.LayerNorm(dim)
        self.attn = nn.MultiheadAttention(dim, num_heads=2, dropout=0.1, batch_first=True)
        self.norm2 = nn.LayerNorm(dim)
        self.ffn = nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, dim))

    @rlt.typed
    def forward(self, clicks: Int64[Tensor, "batch length"]) -> Float[Tensor, "batch n_items"]:
        pad = clicks == 0
        x = self.items(clicks) + self.positions[: clicks.size(1)]
        q = self.norm1(x)
        y, _ = self.attn(q, q, q, key_padding_mask=pad, need_weights=False)
        x = x + y
        x = x + self.ffn(self.norm2(x))
        mean = x.masked_fill(pad.unsqueeze(-1), 0.0).sum(1) / (~pad).sum(1, keepdim=True).clamp(min=1)
        return mean @ self.items.weight.t()
