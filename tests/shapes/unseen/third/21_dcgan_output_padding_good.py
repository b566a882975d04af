"""Generator of a small GAN for 28x28 images."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Generator(rlt.Module):
    def __init__(self, z_dim: int = 64, ngf: int = 32) -> None:
        super().__init__()
        self.ngf = ngf
        self.fc = nn.Linear(z_dim, 2 * ngf * 7 * 7)
        self.up = nn.Sequential(
            nn.BatchNorm2d(2 * ngf),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * ngf, ngf, kernel_size=4, stride=2, padding=1),
            nn.BatchNorm2d(ngf),
            nn.ReLU(),
            nn.ConvTranspose2d(ngf, 1, kernel_size=3, stride=2, padding=1, output_padding=1),
            nn.Tanh(),
        )

    @rlt.typed
    def forward(self, z: Float[Tensor, "batch z_dim"]) -> Float[Tensor, "batch 1 28 28"]:
        h = self.fc(z).view(-1, 2 * self.ngf, 7, 7)
        return self.up(h)


def sample(generator: Generator, n: int, z_dim: int = 64) -> Tensor:
    with torch.no_grad():
        return generator(torch.randn(n, z_dim))
