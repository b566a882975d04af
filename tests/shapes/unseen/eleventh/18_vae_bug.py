"""A convolutional VAE for 28x28 digits."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class ConvVAE(rlt.Module):
    def __init__(self, latent: int = 20, base: int = 32) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, base, kernel_size=4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(base, 2 * base, kernel_size=4, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
        )
        flat = base * 7 * 7  # BUG: the last convolution has 2 * base channels, so has the decoder's first
        self.mu = nn.Linear(flat, latent)  # ALSO
        self.log_var = nn.Linear(flat, latent)  # ALSO
        self.decoder = nn.Sequential(  # ALSO
            nn.Linear(latent, flat),  # ALSO
            nn.ReLU(),
            nn.Unflatten(1, (2 * base, 7, 7)),  # ALSO
            nn.ConvTranspose2d(2 * base, base, kernel_size=4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(base, 1, kernel_size=4, stride=2, padding=1),
        )

    def encode(
        self, image: Float[Tensor, "batch 1 28 28"]
    ) -> tuple[Float[Tensor, "batch latent"], Float[Tensor, "batch latent"]]:
        h = self.encoder(image)
        return self.mu(h), self.log_var(h)  # ALSO

    def decode(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch 1 28 28"]:
        return torch.sigmoid(self.decoder(z))  # ALSO

    def forward(
        self, image: Float[Tensor, "batch 1 28 28"]
    ) -> tuple[Float[Tensor, "batch 1 28 28"], Float[Tensor, "batch latent"], Float[Tensor, "batch latent"]]:
        mu, log_var = self.encode(image)  # ALSO
        z = mu + torch.exp(0.5 * log_var) * torch.randn_like(mu)
        return self.decode(z), mu, log_var  # ALSO

    def sample(self, n: int) -> Float[Tensor, "n 1 28 28"]:
        z = torch.randn(n, self.mu.out_features)
        return self.decode(z)  # ALSO


def elbo_loss(vae: ConvVAE, image: Float[Tensor, "batch 1 28 28"], beta: float = 1.0) -> Float[Tensor, ""]:
    recon, mu, log_var = vae(image)  # ALSO
    rec = F.binary_cross_entropy(recon, image, reduction="none").sum(dim=(1, 2, 3))
    kl = -0.5 * (1 + log_var - mu.pow(2) - log_var.exp()).sum(dim=1)
    return (rec + beta * kl).mean()
