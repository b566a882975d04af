"""DCGAN for 64x64 images with the non-saturating losses."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


def up(in_channels: int, out_channels: int) -> list[nn.Module]:
    return [
        nn.ConvTranspose2d(in_channels, out_channels, 4, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    ]


def down(in_channels: int, out_channels: int) -> list[nn.Module]:
    return [nn.Conv2d(in_channels, out_channels, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]


class Generator(rlt.Module):
    def __init__(self, latent: int, width: int = 16, channels: int = 3) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.ConvTranspose2d(latent, 8 * width, 4, stride=1, padding=0, bias=False),
            nn.BatchNorm2d(8 * width),
            nn.ReLU(inplace=True),
            *up(8 * width, 4 * width),
            *up(4 * width, 2 * width),
            *up(2 * width, width),
            nn.ConvTranspose2d(width, channels, 3, stride=1, padding=1),  # BUG: the last layer must double too, images stay 32x32
            nn.Tanh(),
        )

    def forward(self, z: Float[Tensor, "batch latent"]) -> Float[Tensor, "batch channels 64 64"]:  # ALSO
        return self.net(z[:, :, None, None])  # ALSO


class Discriminator(rlt.Module):
    def __init__(self, width: int = 16, channels: int = 3) -> None:
        super().__init__()
        self.features = nn.Sequential(*down(channels, width), *down(width, 2 * width), *down(2 * width, 4 * width))
        self.score = nn.Linear(4 * width * 8 * 8, 1)

    def forward(self, images: Float[Tensor, "batch channels 64 64"]) -> Float[Tensor, "batch"]:
        return self.score(self.features(images).flatten(1)).squeeze(1)


def discriminator_loss(
    gen: Generator, disc: Discriminator, real: Float[Tensor, "batch channels 64 64"], z: Float[Tensor, "batch latent"]
) -> Float[Tensor, ""]:
    with torch.no_grad():
        fake = gen(z)  # ALSO
    return F.softplus(-disc(real)).mean() + F.softplus(disc(fake)).mean()  # ALSO


def generator_loss(gen: Generator, disc: Discriminator, z: Float[Tensor, "batch latent"]) -> Float[Tensor, ""]:
    return F.softplus(-disc(gen(z))).mean()  # ALSO
