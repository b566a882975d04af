"""Soft lookup in an episodic memory."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Tensor


@rlt.typed
def read_memory(
    query: Float[Tensor, "batch d"],
    keys: Float[Tensor, "slots d"],
    values: Float[Tensor, "slots v"],
    temperature: float = 1.0,
) -> Float[Tensor, "batch v"]:
    q = F.normalize(query, dim=-1)
    k = F.normalize(keys, dim=-1)
    similarity = q @ k.T
    weights = torch.softmax(similarity / temperature, dim=-1)
    return weights @ values


def example() -> object:
    return read_memory(torch.randn(3, 16), torch.randn(20, 16), torch.randn(20, 5))
