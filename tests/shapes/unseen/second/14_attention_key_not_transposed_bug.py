import math

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class SelfAttention(rlt.Module):
    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.d_head = d_model // n_heads
        self.qkv = nn.Linear(d_model, 3 * self.n_heads * self.d_head, bias=False)
        self.out = nn.Linear(self.n_heads * self.d_head, d_model)

    @rlt.typed
    def forward(self, x: Float[Tensor, "b t d_model"]) -> Float[Tensor, "b t d_model"]:
        b, t, _ = x.shape
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        q = q.view(b, t, self.n_heads, self.d_head).transpose(1, 2)
        k = k.view(b, t, self.n_heads, self.d_head).transpose(1, 2)
        v = v.view(b, t, self.n_heads, self.d_head).transpose(1, 2)
        att = q @ k / math.sqrt(self.d_head)  # BUG: k.transpose(-2, -1) forgotten
        y = att.softmax(dim=-1) @ v
        y = y.transpose(1, 2).reshape(b, t, self.n_heads * self.d_head)
        return self.out(y)


def example() -> object:
    return SelfAttention(24, 4)(torch.randn(2, 7, 24))
