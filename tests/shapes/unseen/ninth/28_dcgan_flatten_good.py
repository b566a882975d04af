"""DCGAN for 32x32 images with non-saturating losses."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Tensor
from torch import nn


class Generator(rlt.Module):
    def __init__(self, z_dim: int, ngf: int = 16) -> None:
        super().__init__()
        self.project = nn.Linear(z_dim, 4 * ngf * 4 * 4)
        self.ngf = ngf
        self.deconv = nn.Sequential(
            nn.BatchNorm2d(4 * ngf),
            nn.ReLU(),
            nn.ConvTranspose2d(4 * ngf, 2 * ngf, 4, 2, 1),
            nn.BatchNorm2d(2 * ngf),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * ngf, ngf, 4, 2, 1),
            nn.BatchNorm2d(ngf),
            nn.ReLU(),
            nn.ConvTranspose2d(ngf, 3, 4, 2, 1),
            nn.Tanh(),
        )

    def forward(self, z: Float[Tensor, "batch z_dim"]) -> Float[Tensor, "batch 3 32 32"]:
        h = self.project(z).view(-1, 4 * self.ngf, 4, 4)
        return self.deconv(h)


def make_discriminator_body(widths: tuple[int, ...]) -> nn.Sequential:
    layers: list[nn.Module] = []
    c_in = 3
    for c_out in widths:
        layers += [nn.utils.spectral_norm(nn.Conv2d(c_in, c_out, 4, stride=2, padding=1)), nn.LeakyReLU(0.2)]
        c_in = c_out
    return nn.Sequential(*layers)


class Discriminator(rlt.Module):
    def __init__(self, ndf: int = 16) -> None:
        super().__init__()
        self.body = make_discriminator_body((ndf, 2 * ndf, 4 * ndf))
        self.head = nn.Linear(4 * ndf * 4 * 4, 1)

    def forward(self, images: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch"]:
        return self.head(self.body(images).flatten(1)).squeeze(-1)


def d_loss(disc: Discriminator, real: Float[Tensor, "batch 3 32 32"], fake: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, ""]:
    return F.softplus(-disc(real)).mean() + F.softplus(disc(fake.detach())).mean()


def g_loss(gen: Generator, disc: Discriminator, z: Float[Tensor, "batch z_dim"]) -> Float[Tensor, ""]:
    logits = disc(gen(z))
    return F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
