"""Convolutional autoencoder for grey 28 by 28 images, and its training step."""

import torch.nn.functional as F
from torch import nn, optim

import rlt
from rlt.types import Float, Tensor


class AutoEncoder(rlt.Module):
    def __init__(self, latent: int = 32) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(1, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * 7 * 7, latent),
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent, 32 * 7 * 7),
            nn.ReLU(),
            nn.Unflatten(1, (32, 7, 7)),
            nn.ConvTranspose2d(32, 16, 3, stride=2, padding=1, output_padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(16, 1, 3, stride=2, padding=1),  # BUG: without output_padding=1 the image is 27 by 27
        )

    def encode(self, x: Float[Tensor, "batch 1 28 28"]) -> Float[Tensor, "batch latent"]:
        return self.encoder(x)

    def forward(self, x: Float[Tensor, "batch 1 28 28"]) -> Float[Tensor, "batch 1 28 28"]:
        return self.decoder(self.encode(x)).sigmoid()  # ALSO


def train_step(model: AutoEncoder, opt: optim.Optimizer, x: Float[Tensor, "batch 1 28 28"]) -> float:
    opt.zero_grad()
    loss = F.mse_loss(model(x), x)  # ALSO
    loss.backward()
    opt.step()
    return loss.item()
