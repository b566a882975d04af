import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Generator(rlt.Module):
    def __init__(self, z_dim: int, width: int = 32) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.ConvTranspose2d(z_dim, width * 4, 4, 1, 0),
            nn.BatchNorm2d(width * 4),
            nn.ReLU(),
            nn.ConvTranspose2d(width * 4, width * 2, 4, 2, 1),
            nn.BatchNorm2d(width * 2),
            nn.ReLU(),
            nn.ConvTranspose2d(width * 2, 3, 4, 2, 1),
            nn.Tanh(),
        )

    def forward(self, z: Float[Tensor, "batch z_dim"]) -> Float[Tensor, "batch 3 16 16"]:
        return self.net(z[:, :, None, None])


class Discriminator(rlt.Module):
    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(3, width, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, width * 2, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width * 2, 1, 3, 1, 0),  # BUG: a kernel of 3 leaves 2 x 2 scores an image
        )

    def forward(self, images: Float[Tensor, "batch 3 16 16"]) -> Float[Tensor, "batch"]:
        return self.net(images).view(-1)  # ALSO


def discriminator_loss(
    gen: Generator, disc: Discriminator, real: Float[Tensor, "batch 3 16 16"], z: Float[Tensor, "batch z_dim"]
) -> Float[Tensor, ""]:
    fake = gen(z).detach()
    real_score, fake_score = disc(real), disc(fake)  # ALSO
    return F.softplus(-real_score).mean() + F.softplus(fake_score).mean()
