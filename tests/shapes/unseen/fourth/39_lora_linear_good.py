"""Low-rank adaptation of a frozen linear layer."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class LoRALinear(rlt.Module):
    def __init__(self, d_in: int, d_out: int, rank: int = 4, alpha: float = 8.0) -> None:
        super().__init__()
        self.base = nn.Linear(d_in, d_out)
        self.base.weight.requires_grad_(False)
        self.down = nn.Parameter(torch.randn(rank, d_in) * 0.02)
        self.up = nn.Parameter(torch.zeros(d_out, rank))
        self.scale = alpha / rank

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch time d_in"]) -> Float[Tensor, "batch time d_out"]:
        low = F.linear(x, self.down)
        return self.base(x) + self.scale * (low @ self.up.T)
