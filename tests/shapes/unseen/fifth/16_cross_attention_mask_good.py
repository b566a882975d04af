"""Cross-attention of a translation decoder, with a padding mask over the source."""

import torch
from torch import nn

import rlt
from rlt.types import Bool, Float, Tensor


class CrossAttention(rlt.Module):
    def __init__(self, dim: int = 512, heads: int = 8) -> None:
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(dim, dim)
        self.to_kv = nn.Linear(dim, 2 * dim)
        self.out = nn.Linear(dim, dim)

    def split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    @rlt.typed
    def forward(
        self,
        x: Float[Tensor, "batch target dim"],
        memory: Float[Tensor, "batch source dim"],
        padding: Bool[Tensor, "batch source"],
    ) -> Float[Tensor, "batch target dim"]:
        q = self.split(self.to_q(x))
        k, v = (self.split(part) for part in self.to_kv(memory).chunk(2, dim=-1))
        scores = torch.einsum("bhid,bhjd->bhij", q, k) * q.size(-1) ** -0.5
        hidden = padding[:, None, None, :]
        weights = scores.masked_fill(hidden, -1e9).softmax(dim=-1)
        y = torch.einsum("bhij,bhjd->bhid", weights, v)
        return self.out(y.transpose(1, 2).flatten(2))
