"""Causal self-attention in the manner of GPT."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class CausalSelfAttention(rlt.Module):
    mask: Tensor

    def __init__(self, n_embd: int, n_head: int, block_size: int = 64) -> None:
        super().__init__()
        assert n_embd % n_head == 0
        self.n_embd = n_embd
        self.n_head = n_head
        self.c_attn = nn.Linear(n_embd, 3 * n_embd)
        self.c_proj = nn.Linear(n_embd, n_embd)
        self.register_buffer("mask", torch.tril(torch.ones(block_size, block_size)).view(1, 1, block_size, block_size))

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch time n_embd"]) -> Float[Tensor, "batch time n_embd"]:
        B, T, C = x.shape
        q, k, v = self.c_attn(x).split(self.n_embd, dim=2)
        k = k.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        q = q.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        v = v.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        att = (q @ k.transpose(-2, -1)) * (1.0 / (C // self.n_head) ** 0.5)
        att = att.masked_fill(self.mask == 0, float("-inf"))  # BUG: the whole mask, wants self.mask[:, :, :T, :T]
        y = F.softmax(att, dim=-1) @ v
        y = y.transpose(1, 2).contiguous().view(B, T, C)
        return self.c_proj(y)


def example() -> object:
    return CausalSelfAttention(32, 4)(torch.randn(2, 10, 32))
