"""Linear layers whose noise explores."""

from __future__ import annotations

import math

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class NoisyLinear(rlt.Module):
    """Factorised Gaussian noise on weights and biases, learnt in size (Fortunato et al. 2018, arXiv:1706.10295, section 3).

    Noise is a buffer that `resample` alone draws anew: a forward is a function of its input, so acting, targets and a
    compiled step all see the noise that they were given. `noisy=False` takes the mean weights.
    """

    noise_in: Tensor
    noise_out: Tensor

    def __init__(self, n_in: int, n_out: int, sigma: float = 0.5) -> None:
        super().__init__()
        bound = 1 / math.sqrt(n_in)
        self.weight = nn.Parameter(torch.empty(n_out, n_in).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(n_out).uniform_(-bound, bound))
        self.weight_sigma = nn.Parameter(torch.full((n_out, n_in), sigma * bound))
        self.bias_sigma = nn.Parameter(torch.full((n_out,), sigma / math.sqrt(n_out)))
        self.register_buffer("noise_in", torch.zeros(n_in))
        self.register_buffer("noise_out", torch.zeros(n_out))
        self.noisy = True

    @torch.no_grad()
    def resample(self, generator: torch.Generator | None = None) -> None:
        """Draws new noise, on the generator's device."""
        for buffer in (self.noise_in, self.noise_out):
            drawn = torch.empty_like(buffer).normal_(generator=generator)
            buffer.copy_(drawn.sign() * drawn.abs().sqrt())

    @rlt.typed
    def forward(self, x: Float[Tensor, "*batch n_in"]) -> Float[Tensor, "*batch n_out"]:
        if not self.noisy:
            return nn.functional.linear(x, self.weight, self.bias)
        weight = self.weight + self.weight_sigma * torch.outer(self.noise_out, self.noise_in)
        return nn.functional.linear(x, weight, self.bias + self.bias_sigma * self.noise_out)
