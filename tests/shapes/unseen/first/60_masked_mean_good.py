"""Sentence embeddings: mean over the tokens that are not padding, then cosine scores."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Bool, Float, Tensor


@rlt.typed
def masked_mean(x: Float[Tensor, "batch time d"], mask: Bool[Tensor, "batch time"]) -> Float[Tensor, "batch d"]:
    weights = mask.to(x.dtype).unsqueeze(-1)
    total = (x * weights).sum(dim=1)
    count = weights.sum(dim=1).clamp(min=1.0)
    return total / count


@rlt.typed
def similarity(
    a: Float[Tensor, "batch time d"], b: Float[Tensor, "other time d"], mask_a: Bool[Tensor, "batch time"]
) -> Float[Tensor, "batch other"]:
    left = F.normalize(masked_mean(a, mask_a), dim=-1)
    right = F.normalize(b.mean(dim=1), dim=-1)
    return left @ right.t()


def example() -> object:
    mask = torch.ones(3, 7, dtype=torch.bool)
    return similarity(torch.randn(3, 7, 12), torch.randn(4, 7, 12), mask)
