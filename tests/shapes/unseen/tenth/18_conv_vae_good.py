"""A convolutional VAE on 32x32 colour images."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Tensor
from torch import nn

CHANNELS = (16, 32)


class Encoder(nn.Module):
    def __init__(self, latent: int) -> None:
        super().__init__()
        c1, c2 = CHANNELS
        self.conv1 = nn.Conv2d(3, c1, kernel_size=4, stride=2, padding=1)
        self.conv2 = nn.Conv2d(c1, c2, kernel_size=4, stride=2, padding=1)
        self.mean = nn.Linear(c2 * 8 * 8, latent)
        self.log_var = nn.Linear(c2 * 8 * 8, latent)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        flat = torch.flatten(x, start_dim=1)
        return self.mean(flat), self.log_var(flat)


class Decoder(nn.Module):
    def __init__(self, latent: int) -> None:
        super().__init__()
        c1, c2 = CHANNELS
        self.net = nn.Sequential(
            nn.Linear(latent, c2 * 8 * 8),
            nn.ReLU(),
            nn.Unflatten(1, (c2, 8, 8)),
            nn.ConvTranspose2d(c2, c1, kernel_size=4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(c1, 3, kernel_size=4, stride=2, padding=1),
        )

    def forward(self, z: Tensor) -> Tensor:
        return self.net(z)


class VAE(rlt.Module):
    def __init__(self, latent: int = 20) -> None:
        super().__init__()
        self.encoder = Encoder(latent)
        self.decoder = Decoder(latent)

    def encode(self, x: Float[Tensor, "batch 3 32 32"]) -> tuple[Float[Tensor, "batch latent"], Float[Tensor, "batch latent"]]:
        return self.encoder(x)

    def loss(self, x: Float[Tensor, "batch 3 32 32"], beta: float = 1.0) -> Float[Tensor, ""]:
        mean, log_var = self.encode(x)
        z = mean + (0.5 * log_var).exp() * torch.randn_like(mean)
        reconstruction = F.binary_cross_entropy_with_logits(self.decoder(z), x, reduction="none").sum(dim=(1, 2, 3))
        kl = -0.5 * (1 + log_var - mean.pow(2) - log_var.exp()).sum(dim=1)
        return (reconstruction + beta * kl).mean()
