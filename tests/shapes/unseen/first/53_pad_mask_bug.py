"""Attention weights that ignore padding."""

import rlt
import torch
from rlt.types import Bool, Float, Tensor


@rlt.typed
def masked_weights(
    scores: Float[Tensor, "batch heads query time"], valid: Bool[Tensor, "batch time"]
) -> Float[Tensor, "batch heads query time"]:
    neg = torch.finfo(scores.dtype).min
    mask = valid.unsqueeze(1)  # BUG: [batch, 1, time]; one more dimension is needed for the heads
    scores = torch.where(mask, scores, torch.full_like(scores, neg))  # ALSO
    return torch.softmax(scores, dim=-1)


def example() -> object:
    valid = torch.tensor([[True] * 5 + [False] * 2, [True] * 7, [True] * 3 + [False] * 4])
    return masked_weights(torch.randn(3, 4, 6, 7), valid)
