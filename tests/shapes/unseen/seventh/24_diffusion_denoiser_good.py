import math

import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


def timestep_embedding(t: Int64[Tensor, "batch"], dim: int) -> Tensor:
    half = dim // 2
    freqs = torch.exp(-math.log(10000) * torch.arange(half, device=t.device) / half)
    args = t[:, None].float() * freqs[None, :]
    return torch.cat([args.cos(), args.sin()], dim=-1)


class Denoiser(rlt.Module):
    def __init__(self, channels: int, width: int = 64, time_dim: int = 128) -> None:
        super().__init__()
        self.time_dim = time_dim
        self.time_mlp = nn.Sequential(nn.Linear(time_dim, width), nn.SiLU(), nn.Linear(width, width))
        self.conv_in = nn.Conv2d(channels, width, 3, padding=1)
        self.norm = nn.GroupNorm(8, width)
        self.conv_mid = nn.Conv2d(width, width, 3, padding=1)
        self.conv_out = nn.Conv2d(width, channels, 3, padding=1)

    @rlt.typed
    def forward(
        self, x: Float[Tensor, "batch channels size size"], t: Int64[Tensor, "batch"]
    ) -> Float[Tensor, "batch channels size size"]:
        temb = self.time_mlp(timestep_embedding(t, self.time_dim))
        h = self.conv_in(x)
        h = h + temb[:, :, None, None]
        h = h + self.conv_mid(torch.nn.functional.silu(self.norm(h)))
        return self.conv_out(h)


def noise_loss(
    model: Denoiser, x0: Float[Tensor, "batch channels size size"], alpha_bar: Float[Tensor, "steps"]
) -> Float[Tensor, ""]:
    t = torch.randint(0, alpha_bar.shape[0], (x0.shape[0],), device=x0.device)
    a = alpha_bar[t].view(-1, 1, 1, 1)
    noise = torch.randn_like(x0)
    noisy = a.sqrt() * x0 + (1 - a).sqrt() * noise
    return (model(noisy, t) - noise).pow(2).mean()
