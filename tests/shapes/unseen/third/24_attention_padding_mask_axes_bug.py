"""Scaled dot-product attention with a padding mask over the keys."""

import torch

import rlt
from rlt.types import Bool, Float, Tensor


@rlt.typed
def masked_attention(
    q: Float[Tensor, "batch heads queries dim"],
    k: Float[Tensor, "batch heads keys dim"],
    v: Float[Tensor, "batch heads keys dim"],
    padding: Bool[Tensor, "batch keys"],
) -> Float[Tensor, "batch heads queries dim"]:
    scores = torch.matmul(q, k.transpose(-2, -1)) * q.shape[-1] ** -0.5
    mask = padding.unsqueeze(1)  # BUG: (batch, 1, keys), wants (batch, 1, 1, keys)
    scores = scores.masked_fill(mask, float("-inf"))  # ALSO
    return torch.matmul(scores.softmax(dim=-1), v)


def example() -> object:
    q, k, v = torch.randn(2, 4, 5, 8), torch.randn(2, 4, 6, 8), torch.randn(2, 4, 6, 8)
    padding = torch.zeros(2, 6, dtype=torch.bool)
    padding[:, -2:] = True
    return masked_attention(q, k, v, padding)
