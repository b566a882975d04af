"""A convolutional VAE for 28x28 images."""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import rlt
from rlt.types import Float


class Encoder(nn.Module):
    def __init__(self, latent: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 32, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 64, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.head = nn.Linear(64 * 7 * 7, latent)  # BUG: mean and log-variance need 2 * latent

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_var = self.head(self.features(x)).chunk(2, dim=1)
        return mean, log_var


class Decoder(nn.Module):
    def __init__(self, latent: int) -> None:
        super().__init__()
        self.fc = nn.Linear(latent, 64 * 7 * 7)
        self.up1 = nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1)
        self.up2 = nn.ConvTranspose2d(32, 1, 4, stride=2, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        h = F.relu(self.fc(z)).view(-1, 64, 7, 7)  # ALSO
        return self.up2(F.relu(self.up1(h)))


class VAE(rlt.Module):
    def __init__(self, latent: int = 16) -> None:
        super().__init__()
        self.encoder = Encoder(latent)
        self.decoder = Decoder(latent)

    def reparameterise(self, mean: Tensor, log_var: Tensor) -> Tensor:
        return mean + torch.randn_like(mean) * (0.5 * log_var).exp()

    def forward(
        self, x: Float[Tensor, "batch 1 28 28"]
    ) -> tuple[Float[Tensor, "batch 1 28 28"], Float[Tensor, "batch latent"], Float[Tensor, "batch latent"]]:
        mean, log_var = self.encoder(x)
        z = self.reparameterise(mean, log_var)
        return self.decoder(z), mean, log_var  # ALSO


def elbo(net: VAE, x: Float[Tensor, "b 1 28 28"], beta: float = 1.0) -> Float[Tensor, "b"]:
    logits, mean, log_var = net(x)
    nll = F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(dim=1)
    kl = -0.5 * (1 + log_var - mean.pow(2) - log_var.exp()).sum(dim=1)
    return -(nll + beta * kl)
