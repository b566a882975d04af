"""Wasserstein GAN critic with a gradient penalty."""

import torch
from torch import nn, optim

import rlt
from rlt.types import Float, Tensor


class Critic(rlt.Module):
    def __init__(self, channels: int = 3, width: int = 16) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(channels, width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 1, 8),
        )

    @rlt.typed
    def forward(self, image: Float[Tensor, "batch channels 32 32"]) -> Float[Tensor, "batch"]:
        return self.net(image).flatten()


def gradient_penalty(
    critic: Critic, real: Float[Tensor, "batch channels 32 32"], fake: Float[Tensor, "batch channels 32 32"]
) -> Float[Tensor, ""]:
    alpha = torch.rand(real.shape[0], 1, 1, 1, device=real.device)
    mixed = (alpha * real + (1 - alpha) * fake).requires_grad_()
    (grad,) = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)
    norm = grad.flatten(1).norm(dim=1)
    return ((norm - 1) ** 2).mean()


def critic_step(
    critic: Critic,
    optimizer: optim.Optimizer,
    real: Float[Tensor, "batch channels 32 32"],
    fake: Float[Tensor, "batch channels 32 32"],
) -> float:
    fake = fake.detach()
    loss = critic(fake).mean() - critic(real).mean() + 10.0 * gradient_penalty(critic, real, fake)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()
