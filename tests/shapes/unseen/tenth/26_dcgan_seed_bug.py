"""DCGAN for 32x32 images: generator, discriminator and the generator's step."""

import torch
from torch import nn, optim
from torch.nn import functional as F

import rlt
from rlt.types import Float, Tensor

BASE = 32


def up(inp: int, out: int) -> list[nn.Module]:
    return [nn.ConvTranspose2d(inp, out, 4, stride=2, padding=1), nn.BatchNorm2d(out), nn.ReLU()]


class Generator(rlt.Module):
    def __init__(self, z_dim: int) -> None:
        super().__init__()
        self.z_dim = z_dim
        self.project = nn.Linear(z_dim, 8 * BASE * 4 * 4)  # BUG: twice what is reshaped below; reshape(-1, ...) doubles the batch
        self.net = nn.Sequential(
            *up(4 * BASE, 2 * BASE),
            *up(2 * BASE, BASE),
            nn.ConvTranspose2d(BASE, 3, kernel_size=4, stride=2, padding=1),
            nn.Tanh(),
        )

    def forward(self, z: Float[Tensor, "batch z_dim"]) -> Float[Tensor, "batch 3 32 32"]:
        h = self.project(z).reshape(-1, 4 * BASE, 4, 4)  # ALSO
        return self.net(h)  # ALSO


class Discriminator(rlt.Module):
    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.Sequential(
            nn.Conv2d(3, BASE, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(BASE, 2 * BASE, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * BASE, 4 * BASE, 4, 2, 1),
            nn.LeakyReLU(0.2),
        )
        self.score = nn.Conv2d(4 * BASE, 1, kernel_size=4)

    def forward(self, x: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch"]:
        return self.score(self.convs(x)).flatten()


def generator_step(
    g: Generator, d: Discriminator, opt: optim.Optimizer, z: Float[Tensor, "batch z"]
) -> Float[Tensor, ""]:
    logits = d(g(z))  # ALSO
    real = torch.ones(z.shape[0])
    loss = F.binary_cross_entropy_with_logits(logits, real)  # ALSO
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss.detach()
