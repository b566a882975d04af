"""RealNVP density model on vectors: affine couplings with alternating masks."""

from __future__ import annotations

import torch
from torch import nn
from torch.distributions import Normal

import rlt
from rlt.types import Float, Tensor


class Coupling(rlt.Module):
    mask: Tensor

    def __init__(self, dim: int, hidden: int, parity: int) -> None:
        super().__init__()
        self.register_buffer("mask", ((torch.arange(dim) + parity) % 2).float())
        self.net = nn.Sequential(nn.Linear(dim, hidden), nn.ReLU(), nn.Linear(hidden, 2 * dim))

    def _scale_shift(self, x: Tensor) -> tuple[Tensor, Tensor]:
        log_s, shift = self.net(x * self.mask).chunk(2, dim=-1)
        free = 1.0 - self.mask
        return torch.tanh(log_s) * free, shift * free

    def forward(self, x: Float[Tensor, "batch dim"]) -> tuple[Float[Tensor, "batch dim"], Float[Tensor, "batch"]]:
        log_s, shift = self._scale_shift(x)
        return x * log_s.exp() + shift, log_s.sum(dim=-1)

    def inverse(self, z: Float[Tensor, "batch dim"]) -> Float[Tensor, "batch dim"]:
        log_s, shift = self._scale_shift(z)
        return (z - shift) * (-log_s).exp()


class RealNVP(rlt.Module):
    def __init__(self, dim: int, hidden: int = 64, n_layers: int = 4) -> None:
        super().__init__()
        self.layers = nn.ModuleList([Coupling(dim, hidden, i % 2) for i in range(n_layers)])
        self.dim = dim

    def log_prob(self, x: Float[Tensor, "batch dim"]) -> Float[Tensor, "batch"]:  # ALSO
        log_det = torch.zeros(x.shape[0])
        z = x
        for layer in self.layers:
            z, ld = layer(z)
            log_det = log_det + ld
        base = Normal(0.0, 1.0).log_prob(z)  # BUG: (batch, dim): the dimensions' log-probabilities are never summed
        return base + log_det  # ALSO

    def sample(self, n: int) -> Float[Tensor, "n dim"]:
        z = torch.randn(n, self.dim)
        for layer in reversed(self.layers):
            assert isinstance(layer, Coupling)
            z = layer.inverse(z)
        return z


def nll(flow: RealNVP, x: Float[Tensor, "batch dim"]) -> Float[Tensor, ""]:
    return -flow.log_prob(x).mean()  # ALSO
