"""RealNVP density model for tabular data."""

import math

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


class AffineCoupling(nn.Module):
    """Rescales one half of the features by what a network makes of the other half."""

    def __init__(self, half: int, hidden: int, flip: bool) -> None:
        super().__init__()
        self.flip = flip
        self.net = nn.Sequential(nn.Linear(half, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 2 * half))

    def forward(self, x: Float[Tensor, "batch 2*half"]) -> tuple[Float[Tensor, "batch 2*half"], Float[Tensor, "batch"]]:
        a, b = x.chunk(2, dim=-1)
        if self.flip:
            a, b = b, a
        raw_scale, shift = self.net(a).chunk(2, dim=-1)
        log_scale = torch.tanh(raw_scale)
        b = b * log_scale.exp() + shift
        parts = [b, a] if self.flip else [a, b]
        return torch.cat(parts, dim=-1), log_scale.sum(dim=-1)


class RealNVP(rlt.Module):
    def __init__(self, half: int, n_layers: int = 4, hidden: int = 64) -> None:
        super().__init__()
        self.dim = 2 * half
        self.layers = nn.ModuleList([AffineCoupling(half, hidden, flip=i % 2 == 1) for i in range(n_layers)])

    def base_log_prob(self, z: Tensor) -> Tensor:
        return -0.5 * (z.pow(2).sum(dim=-1) + self.dim * math.log(2 * math.pi))

    def forward(self, x: Float[Tensor, "batch 2*half"]) -> Float[Tensor, "batch"]:
        log_det = torch.zeros(x.shape[0], device=x.device)
        for layer in self.layers:
            x, delta = layer(x)
            log_det = log_det + delta
        return self.base_log_prob(x) + log_det


def nll(flow: RealNVP, x: Float[Tensor, "batch features"]) -> Float[Tensor, ""]:
    return -flow(x).mean()
