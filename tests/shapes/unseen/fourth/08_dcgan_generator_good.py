"""DCGAN for 3x32x32 images."""

from torch import nn

import rlt
from rlt.types import Float, Tensor


class Generator(rlt.Module):
    def __init__(self, z_dim: int = 100, ngf: int = 64) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.ConvTranspose2d(z_dim, ngf * 4, 4, 1, 0, bias=False),  # 4x4
            nn.BatchNorm2d(ngf * 4),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 4, ngf * 2, 4, 2, 1, bias=False),  # 8x8
            nn.BatchNorm2d(ngf * 2),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf * 2, ngf, 4, 2, 1, bias=False),
            nn.BatchNorm2d(ngf),
            nn.ReLU(True),
            nn.ConvTranspose2d(ngf, 3, 4, 2, 1, bias=False),  # 32x32
            nn.Tanh(),
        )

    @rlt.typed
    def forward(self, z: Float[Tensor, "batch z_dim"]) -> Float[Tensor, "batch 3 32 32"]:
        return self.main(z[:, :, None, None])


class Discriminator(rlt.Module):
    def __init__(self, ndf: int = 64) -> None:
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv2d(3, ndf, 4, 2, 1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf, ndf * 2, 4, 2, 1),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(ndf * 2, 1, 8),
        )

    @rlt.typed
    def forward(self, image: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch"]:
        return self.main(image).view(-1)
