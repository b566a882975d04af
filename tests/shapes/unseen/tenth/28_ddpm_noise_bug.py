"""The training loss of a denoising diffusion model."""

import math

import torch
from torch import nn
from torch.nn import functional as F

import rlt
from rlt.types import Float, Int64, Tensor


def timestep_embedding(t: Tensor, dim: int) -> Tensor:
    half = dim // 2
    freqs = torch.exp(-math.log(10_000.0) * torch.arange(half) / half)
    angles = t.float()[:, None] * freqs[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


class Denoiser(nn.Module):
    def __init__(self, channels: int, width: int = 32, emb: int = 64) -> None:
        super().__init__()
        self.emb = emb
        self.conv_in = nn.Conv2d(channels, width, 3, padding=1)
        self.time = nn.Sequential(nn.Linear(emb, width), nn.SiLU())
        self.conv_mid = nn.Conv2d(width, width, 3, padding=1)
        self.conv_out = nn.Conv2d(width, channels, 3, padding=1)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        h = F.silu(self.conv_in(x))
        h = h + self.time(timestep_embedding(t, self.emb))[:, :, None, None]
        return self.conv_out(F.silu(self.conv_mid(h)))


class Diffusion(rlt.Module):
    alpha_bar: Tensor

    def __init__(self, channels: int = 1, steps: int = 1000) -> None:
        super().__init__()
        self.steps = steps
        self.model = Denoiser(channels)
        betas = torch.linspace(1e-4, 0.02, steps)
        self.register_buffer("alpha_bar", torch.cumprod(1.0 - betas, dim=0))

    def q_sample(
        self,
        x0: Float[Tensor, "batch channels 28 28"],
        t: Int64[Tensor, "batch"],
        noise: Float[Tensor, "batch channels 28 28"],
    ) -> Float[Tensor, "batch channels 28 28"]:
        a = self.alpha_bar[t]  # BUG: (batch,) meets the width of the image; view(-1, 1, 1, 1) is missing
        return a.sqrt() * x0 + (1 - a).sqrt() * noise  # ALSO

    def loss(self, x0: Float[Tensor, "batch channels 28 28"]) -> Float[Tensor, ""]:
        t = torch.randint(0, self.steps, (x0.shape[0],))
        noise = torch.randn_like(x0)
        return F.mse_loss(self.model(self.q_sample(x0, t, noise), t), noise)  # ALSO
