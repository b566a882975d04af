"""CURL-style contrastive loss between two augmentations."""
import torch
from torch.nn import functional as F

import rlt
from rlt.types import Float, Tensor


@rlt.typed
def info_nce(
    anchor: Float[Tensor, "batch dim"],
    positive: Float[Tensor, "batch dim"],
    temperature: float = 0.1,
) -> Float[Tensor, ""]:
    a = F.normalize(anchor, dim=-1)
    p = F.normalize(positive, dim=-1)
    logits = torch.matmul(a, p.T) / temperature
    labels = torch.arange(a.size(0), device=a.device)
    return F.cross_entropy(logits, labels)


def example() -> object:
    return info_nce(torch.randn(6, 16), torch.randn(6, 16))
