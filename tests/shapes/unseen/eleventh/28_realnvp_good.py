"""RealNVP on vectors: affine couplings with alternating halves."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

import rlt
from rlt.types import Float


def mlp(n_in: int, n_hidden: int, n_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(n_in, n_hidden), nn.LeakyReLU(0.1), nn.Linear(n_hidden, n_out)
    )


class Coupling(rlt.Module):
    """Transforms one half of 2*n features given the other."""

    def __init__(self, n: int, hidden: int, flip: bool) -> None:
        super().__init__()
        self.flip = flip
        self.scale = mlp(n, hidden, n)
        self.shift = mlp(n, hidden, n)

    def _split(self, x: Tensor) -> tuple[Tensor, Tensor]:
        a, b = x.chunk(2, dim=1)
        return (b, a) if self.flip else (a, b)

    def forward(
        self, x: Float[Tensor, "batch 2*n"]
    ) -> tuple[Float[Tensor, "batch 2*n"], Float[Tensor, "batch"]]:
        a, b = self._split(x)
        s = torch.tanh(self.scale(a))
        b = b * s.exp() + self.shift(a)
        y = torch.cat((b, a) if self.flip else (a, b), dim=1)
        return y, s.sum(dim=1)


class RealNVP(rlt.Module):
    def __init__(self, n: int, hidden: int = 64, depth: int = 4) -> None:
        super().__init__()
        self.n = n
        self.couplings = nn.ModuleList(Coupling(n, hidden, i % 2 == 1) for i in range(depth))

    def log_prob(self, x: Float[Tensor, "batch 2*n"]) -> Float[Tensor, "batch"]:
        z = x
        log_det = torch.zeros(x.shape[0])
        for coupling in self.couplings:
            z, contribution = coupling(z)
            log_det = log_det + contribution
        prior = -0.5 * z.pow(2).sum(dim=1) - self.n * math.log(2 * math.pi)
        return prior + log_det


def bits_per_dim(net: RealNVP, x: Float[Tensor, "batch 2*n"]) -> Float[Tensor, ""]:
    nll = -net.log_prob(x).mean()
    return nll / (math.log(2) * x.shape[1])
