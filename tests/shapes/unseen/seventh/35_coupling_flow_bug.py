import math

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Coupling(nn.Module):
    """Affine coupling: the first half scales and shifts the second."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        if dim % 2:
            raise ValueError("dim must be even")
        self.half = dim // 2
        self.net = nn.Sequential(nn.Linear(self.half, hidden), nn.ReLU(), nn.Linear(hidden, 2 * self.half))

    def forward(self, x: Float[Tensor, "batch dim"]) -> tuple[Float[Tensor, "batch dim"], Float[Tensor, "batch"]]:
        a, b = x.chunk(2, dim=1)
        log_scale, shift = self.net(a).chunk(2, dim=1)
        log_scale = torch.tanh(log_scale)
        b = b * log_scale.exp() + shift
        log_det = log_scale.sum(dim=0)  # BUG: sums over the batch, not the features
        return torch.cat([b, a], dim=1), log_det  # ALSO


class Flow(rlt.Module):
    def __init__(self, dim: int, n_layers: int = 4, hidden: int = 64) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Coupling(dim, hidden) for _ in range(n_layers))

    def forward(self, x: Float[Tensor, "batch dim"]) -> tuple[Float[Tensor, "batch dim"], Float[Tensor, "batch"]]:
        total = torch.zeros(x.shape[0], device=x.device)
        for layer in self.layers:
            x, log_det = layer(x)
            total = total + log_det  # ALSO
        return x, total


def negative_log_likelihood(flow: Flow, x: Float[Tensor, "batch dim"]) -> Float[Tensor, ""]:
    z, log_det = flow(x)  # ALSO
    log_prior = -0.5 * (z.pow(2) + math.log(2 * math.pi)).sum(dim=1)
    return -(log_prior + log_det).mean()
