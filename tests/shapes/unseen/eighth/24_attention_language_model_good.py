"""A small character language model with attention written out."""

import math

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class CausalSelfAttention(nn.Module):
    def __init__(self, dim: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        b, t, d = x.shape
        qkv = self.qkv(x).view(b, t, 3, self.n_heads, d // self.n_heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-2, -1) / math.sqrt(d // self.n_heads)
        future = torch.ones(t, t, dtype=torch.bool, device=x.device).triu(1)
        weights = scores.masked_fill(future, float("-inf")).softmax(dim=-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(b, t, d))


class CharLM(rlt.Module):
    def __init__(self, vocab: int, dim: int = 96, n_heads: int = 6, depth: int = 2, context: int = 64) -> None:
        super().__init__()
        self.token = nn.Embedding(vocab, dim)
        self.position = nn.Parameter(0.02 * torch.randn(context, dim))
        self.norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(depth))
        self.layers = nn.ModuleList(CausalSelfAttention(dim, n_heads) for _ in range(depth))
        self.head = nn.Linear(dim, vocab)

    @rlt.typed
    def forward(self, tokens: Int64[Tensor, "batch time"]) -> Float[Tensor, "batch time vocab"]:
        x = self.token(tokens) + self.position[: tokens.shape[1]]
        for norm, attend in zip(self.norms, self.layers):
            x = x + attend(norm(x))
        return self.head(x)


def next_token_loss(model: CharLM, tokens: Int64[Tensor, "batch length"]) -> Float[Tensor, ""]:
    logits = model(tokens[:, :-1])
    return F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
