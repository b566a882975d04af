"""A denoiser for toy diffusion models, conditioned on Fourier features of the time."""

import math

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class TimeFeatures(nn.Module):
    def __init__(self, n_freqs: int) -> None:
        super().__init__()
        self.register_buffer("freqs", torch.exp(torch.linspace(0.0, math.log(1000.0), n_freqs)))

    def forward(self, t: Tensor) -> Tensor:
        angles = t[:, None] * self.freqs[None, :]
        return torch.cat([angles.sin(), angles.cos()], dim=-1)


class Denoiser(rlt.Module):
    def __init__(self, data_dim: int = 2, hidden: int = 128, n_freqs: int = 16, depth: int = 3) -> None:
        super().__init__()
        self.features = TimeFeatures(n_freqs)
        self.time = nn.Sequential(nn.Linear(2 * n_freqs, hidden), nn.SiLU())
        self.inp = nn.Linear(data_dim, hidden)
        self.layers = nn.ModuleList([nn.Linear(hidden, hidden) for _ in range(depth)])
        self.out = nn.Linear(hidden, data_dim)

    @rlt.typed
    def forward(
        self, x: Float[Tensor, "batch data_dim"], t: Float[Tensor, "batch"]
    ) -> Float[Tensor, "batch data_dim"]:
        emb = self.time(self.features(t))
        h = self.inp(x)
        for layer in self.layers:
            h = h + torch.nn.functional.silu(layer(h + emb))
        return self.out(h)
