"""Denoising diffusion: a small time-conditioned network, the forward process and the loss."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


def timestep_embedding(t: Int64[Tensor, "batch"], n_freqs: int) -> Float[Tensor, "batch 2*n_freqs"]:
    freqs = torch.exp(-math.log(10_000.0) * torch.arange(n_freqs) / n_freqs)
    angles = t.float()[:, None] * freqs[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


class Denoiser(rlt.Module):
    def __init__(self, channels: int, hidden: int = 32, n_freqs: int = 32) -> None:
        super().__init__()
        self.n_freqs = n_freqs
        self.time_mlp = nn.Sequential(nn.Linear(2 * n_freqs, hidden), nn.SiLU(), nn.Linear(hidden, hidden))
        self.conv_in = nn.Conv2d(channels, hidden, 3, padding=1)
        self.mid = nn.ModuleList([nn.Conv2d(hidden, hidden, 3, padding=1) for _ in range(3)])
        self.conv_out = nn.Conv2d(hidden, channels, 3, padding=1)

    def forward(
        self, x: Float[Tensor, "batch channels height width"], t: Int64[Tensor, "batch"]
    ) -> Float[Tensor, "batch channels height width"]:
        emb = self.time_mlp(timestep_embedding(t, self.n_freqs))
        h = self.conv_in(x)
        for conv in self.mid:
            h = h + conv(F.silu(h + emb[:, :, None, None]))
        return self.conv_out(F.silu(h))


class Schedule:
    def __init__(self, n_steps: int, beta_min: float = 1e-4, beta_max: float = 0.02) -> None:
        betas = torch.linspace(beta_min, beta_max, n_steps)
        self.n_steps = n_steps
        self.alpha_bar = torch.cumprod(1.0 - betas, dim=0)

    def add_noise(
        self, x0: Float[Tensor, "batch channels height width"], noise: Float[Tensor, "batch channels height width"],
        t: Int64[Tensor, "batch"],
    ) -> Float[Tensor, "batch channels height width"]:
        a = self.alpha_bar[t].view(-1, 1, 1, 1)
        return a.sqrt() * x0 + (1.0 - a).sqrt() * noise


def diffusion_loss(
    net: Denoiser, schedule: Schedule, x0: Float[Tensor, "batch channels height width"]
) -> Float[Tensor, ""]:
    t = torch.randint(0, schedule.n_steps, (x0.shape[0],))
    noise = torch.randn_like(x0)
    return F.mse_loss(net(schedule.add_noise(x0, noise, t), t), noise)
