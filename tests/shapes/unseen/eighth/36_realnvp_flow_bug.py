"""Density estimation with a RealNVP flow."""

import torch
from torch import nn
from torch.distributions import Normal

import rlt
from rlt.types import Float, Tensor


class Coupling(nn.Module):
    def __init__(self, half: int, hidden: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(half, hidden), nn.ReLU(), nn.Linear(hidden, 2 * half))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        a, b = x.chunk(2, dim=-1)
        log_scale, shift = self.net(a).chunk(2, dim=-1)
        log_scale = torch.tanh(log_scale)
        b = b * log_scale.exp() + shift
        return torch.cat([b, a], dim=-1), log_scale.sum(dim=-1)


class RealNVP(rlt.Module):
    def __init__(self, half: int, hidden: int = 64, n_layers: int = 6) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Coupling(half, hidden) for _ in range(n_layers))

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch 2*half"]) -> tuple[Float[Tensor, "batch 2*half"], Float[Tensor, "batch"]]:
        log_det = torch.zeros(x.shape[0], device=x.device)
        for layer in self.layers:
            x, delta = layer(x)
            log_det = log_det + delta
        return x, log_det

    def log_prob(self, x: Float[Tensor, "batch 2*half"]) -> Float[Tensor, "batch"]:
        z, log_det = self(x)
        base = Normal(torch.zeros_like(z), torch.ones_like(z))
        prior = base.log_prob(z)  # BUG: one value for each coordinate, not summed to one for each sample
        return prior + log_det  # ALSO


def nll(model: RealNVP, x: Float[Tensor, "batch dim"]) -> Float[Tensor, ""]:
    noisy = x + 0.01 * torch.randn_like(x)
    return -model.log_prob(noisy).mean()
