"""A physics-informed network for the viscous Burgers equation."""

import math

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor

NU = 0.01 / math.pi


class PINN(rlt.Module):
    def __init__(self, width: int = 32, depth: int = 4) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Linear(2, width), nn.Tanh()]
        for _ in range(depth - 1):
            layers += [nn.Linear(width, width), nn.Tanh()]
        self.net = nn.Sequential(*layers, nn.Linear(width, 1))

    def forward(self, t: Float[Tensor, "points 1"], x: Float[Tensor, "points 1"]) -> Float[Tensor, "points 1"]:
        return self.net(torch.cat([t, x], dim=1))


def derivative(u: Tensor, z: Tensor) -> Tensor:
    return torch.autograd.grad(u, z, grad_outputs=torch.ones_like(u), create_graph=True)[0]


def residual(model: PINN, t: Float[Tensor, "points 1"], x: Float[Tensor, "points 1"]) -> Float[Tensor, "points 1"]:
    t, x = t.requires_grad_(), x.requires_grad_()
    u = model(t, x)
    u_t, u_x = derivative(u, t), derivative(u, x)
    u_xx = derivative(u_x, x)
    return u_t + u * u_x - NU * u_xx


def pinn_loss(
    model: PINN,
    t: Float[Tensor, "points 1"],
    x: Float[Tensor, "points 1"],
    x0: Float[Tensor, "initial 1"],
) -> Float[Tensor, ""]:
    physics = residual(model, t, x).square().mean()
    start = model(torch.zeros_like(x0), x0) + torch.sin(math.pi * x0)
    return physics + start.square().mean()
