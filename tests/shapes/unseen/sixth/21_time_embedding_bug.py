"""Denoiser for two-dimensional points, conditioned on a sinusoidal time embedding."""

import math

import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


def timestep_embedding(t: Tensor, dim: int) -> Tensor:
    half = dim // 2
    freqs = torch.exp(-math.log(10000.0) * torch.arange(half, device=t.device) / half)
    args = t.float() * freqs  # BUG: t needs an axis for the frequencies
    return torch.cat([args.cos(), args.sin()], dim=-1)


class PointDenoiser(rlt.Module):
    def __init__(self, hidden: int = 128, time_dim: int = 32) -> None:
        super().__init__()
        self.time_dim = time_dim
        self.time_mlp = nn.Sequential(nn.Linear(time_dim, hidden), nn.SiLU(), nn.Linear(hidden, hidden))
        self.inp = nn.Linear(2, hidden)
        self.mid = nn.Sequential(nn.SiLU(), nn.Linear(hidden, hidden), nn.SiLU())
        self.out = nn.Linear(hidden, 2)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch 2"], t: Int64[Tensor, "batch"]) -> Float[Tensor, "batch 2"]:
        emb = self.time_mlp(timestep_embedding(t, self.time_dim))  # ALSO
        h = self.inp(x) + emb
        h = h + self.mid(h)
        return self.out(h)
