"""Multi-head cross-attention with einsum."""

import rlt
import torch
from rlt.types import Float, Tensor


@rlt.typed
def cross_attention(
    q: Float[Tensor, "batch queries heads d"],
    k: Float[Tensor, "batch keys heads d"],
    v: Float[Tensor, "batch keys heads d"],
) -> Float[Tensor, "batch queries heads d"]:
    scale = q.shape[-1] ** -0.5
    logits = torch.einsum("bqhd,bkhd->bhqk", q, k) * scale
    attn = logits.softmax(-1)
    return torch.einsum("bhqk,bqhd->bqhd", attn, v)  # BUG: v is indexed by keys: bkhd


def example() -> object:
    return cross_attention(torch.randn(2, 5, 4, 8), torch.randn(2, 7, 4, 8), torch.randn(2, 7, 4, 8))
