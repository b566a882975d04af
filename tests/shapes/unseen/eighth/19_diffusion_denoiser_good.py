import math

import torch
from torch import nn
from torch.nn import functional as F

import rlt
from rlt.types import Float, Int64, Tensor


def timestep_embedding(t: Int64[Tensor, "batch"], dim: int) -> Float[Tensor, "batch dim"]:
    half = dim // 2
    freqs = torch.exp(-math.log(10000.0) * torch.arange(half, device=t.device) / half)
    angles = t[:, None].float() * freqs[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


class ResBlock(nn.Module):
    def __init__(self, width: int, time_dim: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        self.time = nn.Linear(time_dim, width)

    def forward(self, x: Tensor, emb: Tensor) -> Tensor:
        h = self.conv1(F.silu(x)) + self.time(emb)[:, :, None, None]
        return x + self.conv2(F.silu(h))


class Denoiser(rlt.Module):
    def __init__(self, channels: int, width: int = 64, time_dim: int = 128) -> None:
        super().__init__()
        self.time_dim = time_dim
        self.time_mlp = nn.Sequential(nn.Linear(time_dim, time_dim), nn.SiLU(), nn.Linear(time_dim, time_dim))
        self.stem = nn.Conv2d(channels, width, 3, padding=1)
        self.blocks = nn.ModuleList([ResBlock(width, time_dim) for _ in range(3)])
        self.out = nn.Conv2d(width, channels, 3, padding=1)

    def forward(self, x: Float[Tensor, "batch channels h w"], t: Int64[Tensor, "batch"]) -> Float[Tensor, "batch channels h w"]:
        emb = self.time_mlp(timestep_embedding(t, self.time_dim))
        h = self.stem(x)
        for block in self.blocks:
            h = block(h, emb)
        return self.out(h)


def ddpm_loss(model: Denoiser, x0: Float[Tensor, "batch c h w"], alpha_bar: Float[Tensor, "n_steps"]) -> Float[Tensor, ""]:
    t = torch.randint(0, alpha_bar.shape[0], (x0.shape[0],), device=x0.device)
    a, noise = alpha_bar[t].view(-1, 1, 1, 1), torch.randn_like(x0)
    return F.mse_loss(model(a.sqrt() * x0 + (1.0 - a).sqrt() * noise, t), noise)
