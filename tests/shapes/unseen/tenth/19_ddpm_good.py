"""Denoising diffusion: a residual network with time embeddings and its training loss."""

import math

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Int64, Tensor
from torch import nn

STEPS = 100


def sinusoidal(t: Int64[Tensor, "batch"], dim: int) -> Float[Tensor, "batch dim"]:
    half = dim // 2
    freqs = torch.exp(-math.log(10_000.0) * torch.arange(half) / half)
    angles = t[:, None].float() * freqs[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


class ResBlock(nn.Module):
    def __init__(self, channels: int, time_dim: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(4, channels), nn.GroupNorm(4, channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.time = nn.Linear(time_dim, channels)

    def forward(self, x: Tensor, emb: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        h = h + self.time(F.silu(emb))[:, :, None, None]
        return x + self.conv2(F.silu(self.norm2(h)))


class Denoiser(rlt.Module):
    def __init__(self, channels: int = 24, time_dim: int = 32, depth: int = 2) -> None:
        super().__init__()
        self.time_dim = time_dim
        self.time_mlp = nn.Sequential(nn.Linear(time_dim, time_dim), nn.SiLU())
        self.inp = nn.Conv2d(1, channels, 3, padding=1)
        self.blocks = nn.ModuleList(ResBlock(channels, time_dim) for _ in range(depth))
        self.out = nn.Conv2d(channels, 1, 3, padding=1)

    def forward(self, x: Float[Tensor, "batch 1 28 28"], t: Int64[Tensor, "batch"]) -> Float[Tensor, "batch 1 28 28"]:
        emb = self.time_mlp(sinusoidal(t, self.time_dim))
        h = self.inp(x)
        for block in self.blocks:
            h = block(h, emb)
        return self.out(h)


def ddpm_loss(net: Denoiser, x0: Float[Tensor, "batch 1 28 28"]) -> Float[Tensor, ""]:
    alphas = torch.cumprod(1 - torch.linspace(1e-4, 0.02, STEPS), dim=0)
    t = torch.randint(STEPS, (x0.shape[0],))
    a = alphas[t].view(-1, 1, 1, 1)
    noise = torch.randn_like(x0)
    return F.mse_loss(net(a.sqrt() * x0 + (1 - a).sqrt() * noise, t), noise)
