"""GPT-style causal self-attention, written out by hand."""

import math

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class CausalSelfAttention(rlt.Module):
    bias: Tensor

    def __init__(self, n_embd: int = 48, n_head: int = 6, block_size: int = 128) -> None:
        super().__init__()
        assert n_embd % n_head == 0
        self.c_attn = nn.Linear(n_embd, 3 * n_embd)
        self.c_proj = nn.Linear(n_embd, n_embd)
        self.n_head = n_head
        self.n_embd = n_embd
        mask = torch.tril(torch.ones(block_size, block_size))
        self.register_buffer("bias", mask.view(1, 1, block_size, block_size))

    @rlt.typed
    def forward(self, x: Float[Tensor, "B T n_embd"]) -> Float[Tensor, "B T n_embd"]:
        B, T, C = x.size()
        q, k, v = self.c_attn(x).split(self.n_embd, dim=2)
        k = k.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        q = q.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        v = v.view(B, T, self.n_head, C // self.n_head).transpose(1, 2)
        att = (q @ k) * (1.0 / math.sqrt(k.size(-1)))  # BUG: k is not transposed
        att = att.masked_fill(self.bias[:, :, :T, :T] == 0, float("-inf"))  # ALSO
        y = att.softmax(dim=-1) @ v
        y = y.transpose(1, 2).contiguous().view(B, T, C)
        return self.c_proj(y)
