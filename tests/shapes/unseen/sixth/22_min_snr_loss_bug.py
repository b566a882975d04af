"""Diffusion training loss on images, weighted by the signal-to-noise ratio of every example."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class NoiseSchedule(nn.Module):
    alpha_bar: Tensor

    def __init__(self, steps: int = 1000) -> None:
        super().__init__()
        beta = torch.linspace(1e-4, 0.02, steps)
        self.register_buffer("alpha_bar", torch.cumprod(1.0 - beta, dim=0))

    def add_noise(self, x: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        a = self.alpha_bar[t].view(-1, 1, 1, 1)
        return a.sqrt() * x + (1 - a).sqrt() * noise

    def weight(self, t: Tensor, gamma: float = 5.0) -> Tensor:
        a = self.alpha_bar[t]
        snr = a / (1 - a)
        return snr.clamp(max=gamma) / snr


class Denoiser(rlt.Module):
    def __init__(self, channels: int = 3, width: int = 32, steps: int = 1000) -> None:
        super().__init__()
        self.time = nn.Embedding(steps, width)
        self.inp = nn.Conv2d(channels, width, 3, padding=1)
        self.out = nn.Sequential(nn.SiLU(), nn.Conv2d(width, channels, 3, padding=1))

    def forward(
        self, x: Float[Tensor, "batch channels h w"], t: Int64[Tensor, "batch"]
    ) -> Float[Tensor, "batch channels h w"]:
        return self.out(self.inp(x) + self.time(t)[:, :, None, None])


@rlt.typed
def diffusion_loss(
    model: Denoiser, schedule: NoiseSchedule, x: Float[Tensor, "batch c h w"], t: Int64[Tensor, "batch"]
) -> Float[Tensor, ""]:
    noise = torch.randn_like(x)
    predicted = model(schedule.add_noise(x, noise, t), t)
    per_example = (predicted - noise).square().mean(dim=(2, 3))  # BUG: the channels are left
    return (schedule.weight(t) * per_example).mean()  # ALSO
