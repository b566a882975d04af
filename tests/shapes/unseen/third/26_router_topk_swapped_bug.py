"""Token-choice router of a mixture of experts."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Router(rlt.Module):
    def __init__(self, dim: int, n_experts: int, k: int = 2) -> None:
        super().__init__()
        self.k = k
        self.gate = nn.Linear(dim, n_experts, bias=False)

    @rlt.typed
    def forward(self, x: Float[Tensor, "tokens dim"]) -> Float[Tensor, "tokens n_experts"]:
        logits = self.gate(x)
        chosen, best = torch.topk(logits, self.k, dim=-1)  # BUG: topk gives the values first
        weights = torch.softmax(best, dim=-1)  # ALSO
        return torch.zeros_like(logits).scatter(1, chosen, weights)  # ALSO
