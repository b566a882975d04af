"""Denoising diffusion of action sequences, conditioned on an observation."""
from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import rlt
from rlt.types import Float, Int64

N_STEPS = 100


def timestep_embedding(steps: Int64[Tensor, "b"], dim: int) -> Float[Tensor, "b dim"]:
    half = dim // 2
    frequencies = torch.exp(-math.log(10_000.0) * torch.arange(half) / half)
    angles = steps.float()[:, None] * frequencies[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


class NoiseNet(rlt.Module):
    def __init__(self, obs_dim: int, act_dim: int, channels: int = 64, emb: int = 32) -> None:
        super().__init__()
        self.emb = emb
        self.condition = nn.Sequential(nn.Linear(obs_dim + emb, channels), nn.Mish(), nn.Linear(channels, 2 * channels))
        self.inp = nn.Conv1d(act_dim, channels, 5, padding=2)
        self.mid = nn.Conv1d(channels, channels, 5, padding=2)
        self.out = nn.Conv1d(channels, act_dim, 1)

    def forward(
        self,
        noisy: Float[Tensor, "batch horizon act_dim"],
        steps: Int64[Tensor, "batch"],
        obs: Float[Tensor, "batch obs_dim"],
    ) -> Float[Tensor, "batch horizon act_dim"]:
        condition = self.condition(torch.cat([obs, timestep_embedding(steps, self.emb)], dim=-1))
        scale, shift = condition.unsqueeze(-1).chunk(2, dim=1)
        h = F.mish(self.inp(noisy.transpose(1, 2)))
        h = F.mish(self.mid(h) * (1 + scale) + shift)
        return self.out(h).transpose(1, 2)


def alpha_bars(n: int = N_STEPS) -> Float[Tensor, "n"]:
    return torch.cumprod(1 - torch.linspace(1e-4, 0.02, n), dim=0)


def add_noise(
    clean: Float[Tensor, "b horizon act"], noise: Float[Tensor, "b horizon act"], steps: Int64[Tensor, "b"]
) -> Float[Tensor, "b horizon act"]:
    alpha = alpha_bars()[steps]  # BUG: [b] against [b, horizon, act]: .view(-1, 1, 1) is missing
    return alpha.sqrt() * clean + (1 - alpha).sqrt() * noise  # ALSO


def denoising_loss(
    net: NoiseNet, actions: Float[Tensor, "b horizon act_dim"], obs: Float[Tensor, "b obs_dim"]
) -> Float[Tensor, ""]:
    steps = torch.randint(0, N_STEPS, (actions.shape[0],))
    noise = torch.randn_like(actions)
    return F.mse_loss(net(add_noise(actions, noise, steps), steps, obs), noise)
