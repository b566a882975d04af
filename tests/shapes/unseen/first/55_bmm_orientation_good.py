"""Pooling with learned per-sample assignment (a soft clustering)."""

import rlt
import torch
from rlt.types import Float, Tensor


@rlt.typed
def pool_nodes(
    nodes: Float[Tensor, "batch n d"],
    adjacency: Float[Tensor, "batch n n"],
    logits: Float[Tensor, "batch n clusters"],
) -> tuple[Float[Tensor, "batch clusters d"], Float[Tensor, "batch clusters clusters"]]:
    s = logits.softmax(dim=-1)
    pooled = torch.bmm(s.transpose(1, 2), nodes)
    coarse = s.mT.bmm(adjacency).bmm(s)
    return pooled, coarse


def example() -> object:
    return pool_nodes(torch.randn(2, 9, 5), torch.rand(2, 9, 9), torch.randn(2, 9, 3))
