"""Evaluation of a classifier: per-class hits and recall."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Int, Tensor


@rlt.typed
def hits_per_class(
    logits: Float[Tensor, "batch n_classes"], labels: Int[Tensor, "batch"]
) -> Float[Tensor, "n_classes"]:
    n_classes = logits.shape[1]
    predicted = F.one_hot(logits.argmax(dim=1), n_classes)
    actual = F.one_hot(labels, n_classes)
    hits = (predicted * actual).sum(dim=0).float()
    return hits


@rlt.typed
def recall(logits: Float[Tensor, "batch n_classes"], labels: Int[Tensor, "batch"]) -> Float[Tensor, "n_classes"]:
    support = torch.bincount(labels, minlength=logits.shape[1]).float()
    return hits_per_class(logits, labels) / support.clamp(min=1.0)


def example() -> object:
    return recall(torch.randn(12, 4), torch.randint(0, 4, (12,)))
