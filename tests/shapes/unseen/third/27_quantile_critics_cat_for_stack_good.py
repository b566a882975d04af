"""Truncated quantile critics: pool every critic's quantiles, drop the highest."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


def mlp(n_in: int, n_out: int, width: int = 64) -> nn.Sequential:
    return nn.Sequential(nn.Linear(n_in, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, n_out))


class QuantileCritics(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, n_critics: int = 5, n_quantiles: int = 25, drop: int = 10) -> None:
        super().__init__()
        self.keep = n_critics * n_quantiles - drop
        self.critics = nn.ModuleList([mlp(obs_dim + action_dim, n_quantiles) for _ in range(n_critics)])

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> Float[Tensor, "batch n_critics n_quantiles"]:
        x = torch.cat([obs, action], dim=1)
        return torch.stack([critic(x) for critic in self.critics], dim=1)

    @rlt.typed
    def value(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> Float[Tensor, "batch"]:
        z, _ = torch.sort(self.forward(obs, action).flatten(1), dim=1)
        return z[:, : self.keep].mean(dim=1)


def example() -> object:
    return QuantileCritics(6, 2)(torch.randn(3, 6), torch.randn(3, 2))
