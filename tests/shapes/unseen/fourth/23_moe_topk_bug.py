"""Top-k mixture of experts, dense evaluation."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class MoE(rlt.Module):
    def __init__(self, dim: int, n_experts: int = 8, k: int = 2) -> None:
        super().__init__()
        self.k = k
        self.router = nn.Linear(dim, n_experts, bias=False)
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim)) for _ in range(n_experts)
        )

    @rlt.typed
    def forward(self, x: Float[Tensor, "tokens dim"]) -> Float[Tensor, "tokens dim"]:
        weights, index = torch.topk(self.router(x), self.k, dim=-1)
        weights = weights.softmax(dim=-1)
        outputs = torch.stack([expert(x) for expert in self.experts], dim=1)  # tokens, experts, dim
        index = index.unsqueeze(-1).expand(-1, -1, x.shape[-1])
        chosen = outputs.gather(1, index)  # tokens, k, dim
        return (weights * chosen).sum(dim=1)  # BUG: weights are [tokens, k]
