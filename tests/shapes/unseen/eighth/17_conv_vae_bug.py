import torch
from torch import nn
from torch.nn import functional as F

import rlt
from rlt.types import Float, Tensor


class ConvVAE(rlt.Module):
    def __init__(self, latent_dim: int = 32) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 32, 4, stride=2, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 4, stride=2, padding=1), nn.ReLU()
        )
        self.to_mu = nn.Linear(64 * 7 * 7, latent_dim)
        self.to_logvar = nn.Linear(64 * 7 * 7, latent_dim)
        self.from_latent = nn.Linear(latent_dim, 64 * 7 * 7)
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1), nn.ReLU(), nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1)
        )

    def decode(self, z: Tensor) -> Tensor:
        return self.decoder(self.from_latent(z).view(-1, 64, 7, 7))

    def forward(
        self, x: Float[Tensor, "batch 1 28 28"]
    ) -> tuple[Float[Tensor, "batch 1 28 28"], Float[Tensor, "batch latent_dim"], Float[Tensor, "batch latent_dim"]]:
        h = self.encoder(x).flatten(start_dim=1)
        mu, logvar = self.to_mu(h), self.to_logvar(h)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return self.decode(z), mu, logvar


def elbo_loss(
    recon: Float[Tensor, "batch 1 28 28"],
    x: Float[Tensor, "batch 1 28 28"],
    mu: Float[Tensor, "batch latent_dim"],
    logvar: Float[Tensor, "batch latent_dim"],
    beta: float = 1.0,
) -> Float[Tensor, ""]:
    rec = F.binary_cross_entropy_with_logits(recon, x, reduction="none").sum(dim=(1, 2, 3))
    kl = -0.5 * (1.0 + logvar - mu.pow(2) - logvar.exp()).sum(dim=0)  # BUG: sums over the batch instead of over the latent
    return (rec + beta * kl).mean()  # ALSO
