"""Normalising flow of affine coupling layers with the log-likelihood of every point."""

import math

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Coupling(nn.Module):
    def __init__(self, half: int, hidden: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(half, hidden), nn.ReLU(), nn.Linear(hidden, 2 * half))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        a, b = x.chunk(2, dim=-1)
        log_s, t = self.net(a).chunk(2, dim=-1)
        log_s = torch.tanh(log_s)
        b = b * log_s.exp() + t
        y = torch.cat([b, a], dim=-1)
        return y, log_s.sum(dim=-1)


class Flow(rlt.Module):
    def __init__(self, half: int, n_layers: int = 4, hidden: int = 64) -> None:
        super().__init__()
        self.layers = nn.ModuleList([Coupling(half, hidden) for _ in range(n_layers)])

    @rlt.typed
    def forward(
        self, x: Float[Tensor, "batch 2*half"]
    ) -> tuple[Float[Tensor, "batch 2*half"], Float[Tensor, "batch"]]:
        log_det = x.new_zeros(x.shape[0])
        for layer in self.layers:
            x, contribution = layer(x)
            log_det = log_det + contribution
        return x, log_det


def log_likelihood(flow: Flow, x: Float[Tensor, "batch d"]) -> Float[Tensor, "batch"]:
    z, log_det = flow(x)
    prior = -0.5 * (z.square() + math.log(2 * math.pi)).sum(dim=-1)
    return prior + log_det
