"""Variational encoder with reparameterised samples."""

from typing import NamedTuple

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


class Posterior(NamedTuple):
    mean: Float[Tensor, "batch latent"]
    log_var: Float[Tensor, "batch latent"]
    sample: Float[Tensor, "batch latent"]


class Encoder(rlt.Module):
    def __init__(self, n_pixels: int, latent: int = 16) -> None:
        super().__init__()
        self.fc = nn.Linear(n_pixels, 200)
        self.stats = nn.Linear(200, 2 * latent)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch n_pixels"]) -> Posterior:
        h = torch.relu(self.fc(x))
        mean, log_var = self.stats(h).chunk(2, dim=1)
        noise = torch.randn_like(mean)
        return Posterior(mean, log_var, mean + noise * torch.exp(0.5 * log_var))


def example() -> object:
    return Encoder(n_pixels=64)(torch.rand(4, 64))
