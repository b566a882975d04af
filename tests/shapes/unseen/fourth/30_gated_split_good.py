"""A gated sequence block in the style of state-space models: one projection, three parts."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class RMSNorm(rlt.Module):
    def __init__(self, dim: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(dim))

    @rlt.typed
    def forward(self, x: Float[Tensor, "*lead dim"]) -> Float[Tensor, "*lead dim"]:
        return x * torch.rsqrt(x.pow(2).mean(dim=-1, keepdim=True) + self.eps) * self.weight


class GatedBlock(rlt.Module):
    def __init__(self, dim: int = 64, inner: int = 128, state: int = 16) -> None:
        super().__init__()
        self.sizes = [inner, inner, state]
        self.norm = RMSNorm(dim)
        self.in_proj = nn.Linear(dim, 2 * inner + state)
        self.conv = nn.Conv1d(inner, inner, 4, groups=inner, padding=3)
        self.state_proj = nn.Linear(state, inner)
        self.out_proj = nn.Linear(inner, dim)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch time dim"]) -> Float[Tensor, "batch time dim"]:
        u, gate, dt = torch.split(self.in_proj(self.norm(x)), self.sizes, dim=-1)
        u = self.conv(u.transpose(1, 2))[:, :, : x.shape[1]].transpose(1, 2)
        u = F.silu(u) * F.softplus(self.state_proj(dt))
        u = u.cumsum(dim=1)
        return x + self.out_proj(u * torch.sigmoid(gate))
