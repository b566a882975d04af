"""A small decoder-only language model."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


@dataclass(frozen=True)
class GPTConfig:
    vocab: int
    context: int = 64
    dim: int = 48
    heads: int = 6
    layers: int = 2


class CausalAttention(rlt.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.proj = nn.Linear(dim, dim)

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, x: Float[Tensor, "batch time dim"]) -> Float[Tensor, "batch time dim"]:
        time, dim = x.shape[1:]
        q, k, v = (self._split(part) for part in self.qkv(x).chunk(3, dim=-1))
        scores = q @ k.transpose(1, 2) / (dim // self.heads) ** 0.5  # BUG: swaps heads and time, the last two must be swapped
        mask = torch.ones(time, time, dtype=torch.bool, device=x.device).tril()
        weights = F.softmax(scores.masked_fill(~mask, float("-inf")), dim=-1)  # ALSO
        return self.proj(torch.einsum("bhts,bhsd->bthd", weights, v).flatten(2))


class Block(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.attn = CausalAttention(dim, heads)
        self.mlp = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.ln1(x))  # ALSO
        return x + self.mlp(self.ln2(x))


class GPT(rlt.Module):
    def __init__(self, cfg: GPTConfig) -> None:
        super().__init__()
        self.tokens = nn.Embedding(cfg.vocab, cfg.dim)
        self.positions = nn.Parameter(torch.zeros(cfg.context, cfg.dim))
        self.blocks = nn.ModuleList([Block(cfg.dim, cfg.heads) for _ in range(cfg.layers)])
        self.head = nn.Linear(cfg.dim, cfg.vocab)

    def forward(self, ids: Int64[Tensor, "batch time"]) -> Float[Tensor, "batch time vocab"]:
        x = self.tokens(ids) + self.positions[: ids.shape[1]]
        for block in self.blocks:
            x = block(x)  # ALSO
        return self.head(x)


def next_token_loss(model: GPT, ids: Int64[Tensor, "batch time"]) -> Float[Tensor, ""]:
    logits = model(ids[:, :-1])  # ALSO
    return F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())
