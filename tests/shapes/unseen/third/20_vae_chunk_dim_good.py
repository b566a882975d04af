"""Variational autoencoder on flattened digits."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class VAE(rlt.Module):
    def __init__(self, latent: int = 20, hidden: int = 400) -> None:
        super().__init__()
        self.enc = nn.Sequential(nn.Flatten(), nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent))
        self.dec = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, 784), nn.Sigmoid())

    @rlt.typed
    def encode(
        self, x: Float[Tensor, "batch 1 28 28"]
    ) -> tuple[Float[Tensor, "batch latent"], Float[Tensor, "batch latent"]]:
        mu, logvar = self.enc(x).chunk(2, dim=1)
        return mu, logvar.clamp(-10.0, 10.0)

    @rlt.typed
    def forward(
        self, x: Float[Tensor, "batch 1 28 28"]
    ) -> tuple[Float[Tensor, "batch 1 28 28"], Float[Tensor, "batch latent"], Float[Tensor, "batch latent"]]:
        mu, logvar = self.encode(x)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        recon = self.dec(z).view(-1, 1, 28, 28)
        return recon, mu, logvar


@rlt.typed
def elbo(
    recon: Float[Tensor, "batch 1 28 28"],
    x: Float[Tensor, "batch 1 28 28"],
    mu: Float[Tensor, "batch z"],
    logvar: Float[Tensor, "batch z"],
) -> Float[Tensor, ""]:
    bce = F.binary_cross_entropy(recon, x, reduction="none").flatten(1).sum(dim=1)
    kl = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum(dim=1)
    return (bce + kl).mean()
