"""Multi-head self-attention written with einsum."""

import math

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class EinsumAttention(rlt.Module):
    def __init__(self, d_model: int = 96, n_heads: int = 6) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.d_head = d_model // n_heads
        self.q_proj = nn.Linear(d_model, d_model, bias=False)
        self.k_proj = nn.Linear(d_model, d_model, bias=False)
        self.v_proj = nn.Linear(d_model, d_model, bias=False)
        self.o_proj = nn.Linear(d_model, d_model)

    def split_heads(self, x: Tensor) -> Tensor:
        b, t, d = x.shape
        return x.reshape(b, t, self.n_heads, d // self.n_heads)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch time d_model"]) -> Float[Tensor, "batch time d_model"]:
        q = self.split_heads(self.q_proj(x))
        k = self.split_heads(self.k_proj(x))
        v = self.split_heads(self.v_proj(x))
        scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(self.d_head)
        weights = scores.softmax(dim=-1)
        mixed = torch.einsum("bhqk,bkhd->bqhd", weights, v)
        return self.o_proj(mixed.flatten(2))


def example() -> object:
    return EinsumAttention()(torch.randn(2, 7, 96))
