"""A denoising MLP for tabular diffusion, with sinusoidal time embedding."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import rlt
from rlt.types import Float, Int64


def sinusoid(t: Tensor, dim: int) -> Tensor:
    """The transformer's embedding of integer times, (batch, dim)."""
    half_dim = dim // 2
    freqs = torch.exp(-math.log(10_000.0) * torch.arange(half_dim) / half_dim)
    angles = t.float()[:, None] * freqs[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


class FiLMBlock(nn.Module):
    def __init__(self, width: int, cond: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.film = nn.Linear(cond, 2 * width)
        self.ff = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, x: Tensor, cond: Tensor) -> Tensor:
        scale, shift = self.film(cond).chunk(2, dim=-1)
        return x + self.ff(self.norm(x) * (1 + scale) + shift)


class Denoiser(rlt.Module):
    def __init__(self, features: int, width: int = 96, depth: int = 3, time_dim: int = 32) -> None:
        super().__init__()
        self.time_dim = time_dim
        self.time_mlp = nn.Sequential(nn.Linear(time_dim, width), nn.SiLU(), nn.Linear(width, width))
        self.read = nn.Linear(features, width)
        self.blocks = nn.ModuleList([FiLMBlock(width, width) for _ in range(depth)])
        self.write = nn.Linear(width, features)

    def forward(
        self, x: Float[Tensor, "batch features"], t: Int64[Tensor, "batch"]
    ) -> Float[Tensor, "batch features"]:
        cond = self.time_mlp(sinusoid(t, self.time_dim))
        h = self.read(x)
        for block in self.blocks:
            h = block(h, cond)
        return self.write(h)


def ddpm_loss(
    net: Denoiser,
    x0: Float[Tensor, "batch features"],
    alpha_bar: Float[Tensor, "steps"],
) -> Float[Tensor, ""]:
    t = torch.randint(0, alpha_bar.shape[0], (x0.shape[0],))
    noise = torch.randn_like(x0)
    a = alpha_bar[t].unsqueeze(-1)
    noisy = a.sqrt() * x0 + (1 - a).sqrt() * noise
    return F.mse_loss(net(noisy, t), noise)
