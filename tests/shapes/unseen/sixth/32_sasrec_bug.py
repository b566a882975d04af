"""Self-attentive sequential recommendation: scores of all items at every position."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class SASRecBlock(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attn = nn.MultiheadAttention(dim, heads, dropout=0.1, batch_first=True)
        self.norm2 = nn.LayerNorm(dim)
        self.ffn = nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, dim))

    def forward(self, x: Tensor, causal: Tensor, pad: Tensor) -> Tensor:
        y = self.norm1(x)
        a, _ = self.attn(y, y, y, attn_mask=pad, key_padding_mask=causal, need_weights=False)  # BUG: masks swapped
        x = x + a
        return x + self.ffn(self.norm2(x))


class SASRec(rlt.Module):
    def __init__(self, n_items: int, max_len: int = 50, dim: int = 32) -> None:
        super().__init__()
        self.item = nn.Embedding(n_items + 1, dim, padding_idx=0)
        self.position = nn.Embedding(max_len, dim)
        self.blocks = nn.ModuleList([SASRecBlock(dim, 2) for _ in range(2)])
        self.norm = nn.LayerNorm(dim)

    @rlt.typed
    def forward(self, items: Int64[Tensor, "batch time"]) -> Float[Tensor, "batch time n_items+1"]:
        t = items.shape[1]
        x = self.item(items) + self.position.weight[:t]
        causal = torch.ones(t, t, dtype=torch.bool, device=items.device).triu(1)
        pad = items == 0
        for block in self.blocks:
            x = block(x, causal, pad)  # ALSO
        return self.norm(x) @ self.item.weight.t()
