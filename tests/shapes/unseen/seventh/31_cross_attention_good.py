import torch
from torch import nn

import rlt
from rlt.types import Bool, Float, Tensor


class CrossAttention(rlt.Module):
    """Queries of one sequence look at the keys of another."""

    def __init__(self, dim: int, memory_dim: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.scale = (dim // heads) ** -0.5
        self.to_q = nn.Linear(dim, dim, bias=False)
        self.to_kv = nn.Linear(memory_dim, 2 * dim, bias=False)
        self.to_out = nn.Linear(dim, dim)

    def forward(
        self,
        x: Float[Tensor, "batch queries dim"],
        memory: Float[Tensor, "batch keys memory_dim"],
        keep: Bool[Tensor, "batch keys"],
    ) -> Float[Tensor, "batch queries dim"]:
        q = self.to_q(x).unflatten(-1, (self.heads, -1))
        k, v = self.to_kv(memory).chunk(2, dim=-1)
        k = k.unflatten(-1, (self.heads, -1))
        v = v.unflatten(-1, (self.heads, -1))
        scores = torch.einsum("bqhd,bkhd->bhqk", q, k) * self.scale
        scores = scores.masked_fill(~keep[:, None, None, :], float("-inf"))
        attn = scores.softmax(dim=-1)
        out = torch.einsum("bhqk,bkhd->bqhd", attn, v)
        return self.to_out(out.flatten(2))


class DecoderBlock(nn.Module):
    def __init__(self, dim: int, memory_dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.cross = CrossAttention(dim, memory_dim)
        self.mlp = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x: Tensor, memory: Tensor, keep: Tensor) -> Tensor:
        x = x + self.cross(self.norm(x), memory, keep)
        return x + self.mlp(x)
