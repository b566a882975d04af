"""Factorised noisy layer."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Tensor
from torch import nn


class NoisyLinear(rlt.Module):
    def __init__(self, n_in: int, n_out: int, sigma: float = 0.5) -> None:
        super().__init__()
        self.n_in, self.n_out = n_in, n_out
        bound = n_in**-0.5
        self.w_mu = nn.Parameter(torch.empty(n_in, n_out).uniform_(-bound, bound))  # BUG: F.linear wants [n_out, n_in]
        self.w_sigma = nn.Parameter(torch.full((n_out, n_in), sigma * bound))
        self.b_mu = nn.Parameter(torch.zeros(n_out))
        self.b_sigma = nn.Parameter(torch.full((n_out,), sigma * bound))

    def noise(self, size: int) -> Tensor:
        x = torch.randn(size, device=self.b_mu.device)
        return x.sign() * x.abs().sqrt()

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch n_in"]) -> Float[Tensor, "batch n_out"]:
        eps_in, eps_out = self.noise(self.n_in), self.noise(self.n_out)
        weight = self.w_mu + self.w_sigma * torch.outer(eps_out, eps_in)  # ALSO
        bias = self.b_mu + self.b_sigma * eps_out
        return F.linear(x, weight, bias)  # ALSO


def example() -> object:
    return NoisyLinear(12, 5)(torch.randn(3, 12))
