"""A convolutional VAE for 28x28 digits, with a per-example ELBO for outlier scores."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import rlt
from rlt.types import Float

SIDE = 7


class Posterior(NamedTuple):
    mean: Float[Tensor, "batch latent"]
    log_var: Float[Tensor, "batch latent"]


class ConvVAE(rlt.Module):
    def __init__(self, latent: int, width: int = 16) -> None:
        super().__init__()
        self.width = width
        self.encoder = nn.Sequential(
            nn.Conv2d(1, width, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(2 * width * SIDE * SIDE, 2 * latent),
        )
        self.expand = nn.Linear(latent, 2 * width * SIDE * SIDE)
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1),
        )

    def encode(self, x: Float[Tensor, "batch 1 28 28"]) -> Posterior:
        mean, log_var = self.encoder(x).chunk(2, dim=-1)
        return Posterior(mean, log_var)

    def decode(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch 1 28 28"]:
        h = self.expand(z).view(-1, 2 * self.width, SIDE, SIDE)
        return self.decoder(h)

    def elbo(self, x: Float[Tensor, "batch 1 28 28"]) -> Float[Tensor, "batch"]:
        post = self.encode(x)
        z = post.mean + torch.randn_like(post.mean) * (0.5 * post.log_var).exp()
        bce = F.binary_cross_entropy_with_logits(self.decode(z), x, reduction="none")
        log_lik = -bce.flatten(2).sum(dim=-1)  # BUG: flattens from the spatial axes on, keeps the channel: (batch, 1)
        return log_lik - kl_to_unit(post)  # ALSO


def kl_to_unit(post: Posterior) -> Float[Tensor, "batch"]:
    return 0.5 * (post.mean.pow(2) + post.log_var.exp() - 1 - post.log_var).sum(dim=-1)


def loss(net: ConvVAE, x: Float[Tensor, "batch 1 28 28"]) -> Float[Tensor, ""]:
    return -net.elbo(x).mean()  # ALSO
