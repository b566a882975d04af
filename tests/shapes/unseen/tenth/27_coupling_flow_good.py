"""RealNVP with affine couplings on vectors."""

import math

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Coupling(rlt.Module):
    """Transforms one half of the vector given the other; `flip` says which."""

    def __init__(self, half: int, hidden: int, flip: bool) -> None:
        super().__init__()
        self.half = half
        self.flip = flip
        self.net = nn.Sequential(
            nn.Linear(half, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 2 * half),
        )

    def forward(self, x: Float[Tensor, "b 2*half"]) -> tuple[Float[Tensor, "b 2*half"], Float[Tensor, "b"]]:
        a, b = x[:, : self.half], x[:, self.half :]
        if self.flip:
            a, b = b, a
        shift, log_scale = self.net(a).chunk(2, dim=-1)
        log_scale = torch.tanh(log_scale)
        b = b * log_scale.exp() + shift
        if self.flip:
            a, b = b, a
        y = torch.cat((a, b), dim=-1)
        return y, log_scale.sum(-1)


class RealNVP(rlt.Module):
    def __init__(self, half: int = 4, depth: int = 4, hidden: int = 64) -> None:
        super().__init__()
        self.dim = 2 * half
        self.couplings = nn.ModuleList(Coupling(half, hidden, flip=i % 2 == 1) for i in range(depth))

    def log_prob(self, x: Float[Tensor, "b 2*half"]) -> Float[Tensor, "b"]:
        z = x
        total = x.new_zeros(x.shape[0])
        for coupling in self.couplings:
            z, log_det = coupling(z)
            total = total + log_det
        base = -0.5 * (z.pow(2).sum(-1) + self.dim * math.log(2 * math.pi))
        return base + total


def nll(flow: RealNVP, x: Float[Tensor, "b d"]) -> Float[Tensor, ""]:
    return -flow.log_prob(x).mean()
