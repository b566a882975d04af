"""Fully connected VAE: one linear layer gives mean and log-variance."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class VAE(rlt.Module):
    def __init__(self, data_dim: int, latent: int, hidden: int = 256) -> None:
        super().__init__()
        self.latent = latent
        self.encoder = nn.Sequential(nn.Linear(data_dim, hidden), nn.SiLU(), nn.Linear(hidden, latent))  # BUG: mean AND logvar
        self.decoder = nn.Sequential(nn.Linear(latent, hidden), nn.SiLU(), nn.Linear(hidden, data_dim))

    @rlt.typed
    def encode(
        self, x: Float[Tensor, "batch data_dim"]
    ) -> tuple[Float[Tensor, "batch latent"], Float[Tensor, "batch latent"]]:
        mean, logvar = self.encoder(x).chunk(2, dim=-1)
        return mean, logvar.clamp(-10.0, 10.0)  # ALSO

    @rlt.typed
    def forward(
        self, x: Float[Tensor, "batch data_dim"]
    ) -> tuple[Float[Tensor, "batch data_dim"], Float[Tensor, ""]]:
        mean, logvar = self.encode(x)
        z = mean + torch.randn_like(mean) * (0.5 * logvar).exp()
        recon = self.decoder(z)
        kl = -0.5 * (1 + logvar - mean.pow(2) - logvar.exp()).sum(dim=1)
        rec = F.mse_loss(recon, x, reduction="none").sum(dim=1)
        return recon, (rec + kl).mean()
