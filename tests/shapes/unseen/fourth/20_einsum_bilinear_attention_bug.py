"""Attention pooling with einsum: a query attends to a set of objects."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class ObjectAttention(rlt.Module):
    def __init__(self, query_dim: int, object_dim: int, heads: int = 4, head_dim: int = 16) -> None:
        super().__init__()
        self.heads, self.head_dim = heads, head_dim
        self.to_q = nn.Linear(query_dim, heads * head_dim, bias=False)
        self.to_k = nn.Linear(object_dim, heads * head_dim, bias=False)
        self.to_v = nn.Linear(object_dim, heads * head_dim, bias=False)

    @rlt.typed
    def forward(
        self, query: Float[Tensor, "batch query_dim"], objects: Float[Tensor, "batch n object_dim"]
    ) -> Float[Tensor, "batch heads*head_dim"]:
        b, n, _ = objects.shape
        q = self.to_q(query).view(b, self.heads, self.head_dim)
        k = self.to_k(objects).view(b, n, self.heads, self.head_dim)
        v = self.to_v(objects).view(b, n, self.heads, self.head_dim)
        weights = torch.einsum("bhd,bnhd->bhn", q, k).mul(self.head_dim**-0.5).softmax(dim=-1)
        pooled = torch.einsum("bnh,bnhd->bhd", weights, v)  # BUG: weights are b h n
        return pooled.reshape(b, -1)
