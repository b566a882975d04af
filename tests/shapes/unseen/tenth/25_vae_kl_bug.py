"""A VAE for flattened 28x28 digits, with a per-sample ELBO."""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

import rlt
from rlt.types import Float, Tensor


class Posterior(NamedTuple):
    mean: Tensor
    log_var: Tensor

    def sample(self) -> Tensor:
        return self.mean + torch.exp(0.5 * self.log_var) * torch.randn_like(self.mean)


def mlp(*sizes: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for i, (a, b) in enumerate(zip(sizes[:-1], sizes[1:])):
        if i > 0:
            layers.append(nn.ReLU())
        layers.append(nn.Linear(a, b))
    return nn.Sequential(*layers)


class VAE(rlt.Module):
    def __init__(self, z_dim: int = 20, hidden: int = 400) -> None:
        super().__init__()
        self.encoder = mlp(784, hidden, 2 * z_dim)
        self.decoder = mlp(z_dim, hidden, 784)

    def encode(self, x: Tensor) -> Posterior:
        mean, log_var = self.encoder(x).chunk(2, dim=-1)
        return Posterior(mean, log_var)

    def kl(self, q: Posterior) -> Tensor:
        terms = 1 + q.log_var - q.mean.pow(2) - q.log_var.exp()
        return -0.5 * terms.sum(dim=0)  # BUG: sums over the batch, not over the latent dimensions

    def elbo(self, x: Float[Tensor, "batch 784"], beta: float = 1.0) -> Float[Tensor, "batch"]:
        q = self.encode(x)
        logits = self.decoder(q.sample())
        log_px = -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=-1)
        return log_px - beta * self.kl(q)  # ALSO

    def loss(self, x: Float[Tensor, "batch 784"]) -> Float[Tensor, ""]:
        return -self.elbo(x).mean()  # ALSO
