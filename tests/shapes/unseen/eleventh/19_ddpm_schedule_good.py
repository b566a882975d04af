"""Denoising diffusion: noise schedule, a time-conditioned denoiser and its loss."""

import math

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor

STEPS = 200


def timestep_embedding(t: Int64[Tensor, "batch"], dim: int) -> Tensor:
    freqs = torch.exp(-math.log(10_000.0) * torch.arange(dim // 2) / (dim // 2))
    angles = t.float()[:, None] * freqs[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


class Denoiser(rlt.Module):
    def __init__(self, channels: int = 3, width: int = 32, time_dim: int = 64) -> None:
        super().__init__()
        self.time_dim = time_dim
        self.time_mlp = nn.Sequential(nn.Linear(time_dim, width), nn.SiLU(), nn.Linear(width, width))
        self.conv_in = nn.Conv2d(channels, width, 3, padding=1)
        self.conv_mid = nn.Conv2d(width, width, 3, padding=1)
        self.norm = nn.GroupNorm(8, width)
        self.conv_out = nn.Conv2d(width, channels, 3, padding=1)

    def forward(
        self, x: Float[Tensor, "batch channels h w"], t: Int64[Tensor, "batch"]
    ) -> Float[Tensor, "batch channels h w"]:
        emb = self.time_mlp(timestep_embedding(t, self.time_dim))
        h = self.conv_in(x) + emb[:, :, None, None]
        h = h + self.conv_mid(F.silu(self.norm(h)))
        return self.conv_out(h)


class Schedule(rlt.Module):
    alpha_bar: Tensor

    def __init__(self, beta_start: float = 1e-4, beta_end: float = 0.02) -> None:
        super().__init__()
        betas = torch.linspace(beta_start, beta_end, STEPS)
        self.register_buffer("alpha_bar", torch.cumprod(1.0 - betas, dim=0))

    def add_noise(
        self,
        x: Float[Tensor, "batch channels h w"],
        noise: Float[Tensor, "batch channels h w"],
        t: Int64[Tensor, "batch"],
    ) -> Float[Tensor, "batch channels h w"]:
        a = self.alpha_bar[t].view(-1, 1, 1, 1)
        return a.sqrt() * x + (1.0 - a).sqrt() * noise


def diffusion_loss(net: Denoiser, schedule: Schedule, x: Float[Tensor, "batch channels h w"]) -> Float[Tensor, ""]:
    t = torch.randint(0, STEPS, (x.shape[0],))
    noise = torch.randn_like(x)
    noisy = schedule.add_noise(x, noise, t)
    return F.mse_loss(net(noisy, t), noise)
