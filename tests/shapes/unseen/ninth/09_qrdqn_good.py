"""QR-DQN: quantile network and the quantile Huber loss."""
from __future__ import annotations

import torch
from torch import Tensor, nn

import rlt
from rlt.types import Float, Int64


class QuantileNet(rlt.Module):
    taus: Tensor

    def __init__(self, obs_dim: int, n_actions: int, n_quantiles: int = 32, width: int = 64) -> None:
        super().__init__()
        self.n_actions, self.n_quantiles = n_actions, n_quantiles
        self.trunk = nn.Sequential(nn.Linear(obs_dim, width), nn.SiLU())
        self.out = nn.Linear(width, n_actions * n_quantiles)
        self.register_buffer("taus", (torch.arange(n_quantiles) + 0.5) / n_quantiles)

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions n_quantiles"]:
        return self.out(self.trunk(obs)).unflatten(-1, (self.n_actions, self.n_quantiles))

    def of_actions(
        self, obs: Float[Tensor, "batch obs_dim"], actions: Int64[Tensor, "batch"]
    ) -> Float[Tensor, "batch n_quantiles"]:
        rows = torch.arange(obs.shape[0], device=obs.device)
        return self(obs)[rows, actions]


def huber(x: Tensor, kappa: float = 1.0) -> Tensor:
    return torch.where(x.abs() <= kappa, 0.5 * x.pow(2), kappa * (x.abs() - 0.5 * kappa))


def pairwise_errors(
    predicted: Float[Tensor, "b n"], target: Float[Tensor, "b m"]
) -> Float[Tensor, "b n m"]:
    return target[:, None, :] - predicted[:, :, None]


def quantile_loss(
    predicted: Float[Tensor, "b n"], target: Float[Tensor, "b m"], taus: Float[Tensor, "n"]
) -> Float[Tensor, ""]:
    u = pairwise_errors(predicted, target)
    weight = (taus[None, :, None] - (u.detach() < 0).float()).abs()
    return (weight * huber(u)).mean(dim=2).sum(dim=1).mean()


def qr_loss(
    online: QuantileNet,
    frozen: QuantileNet,
    obs: Float[Tensor, "b obs_dim"],
    actions: Int64[Tensor, "b"],
    rewards: Float[Tensor, "b"],
    next_obs: Float[Tensor, "b obs_dim"],
    discounts: Float[Tensor, "b"],
) -> Float[Tensor, ""]:
    with torch.no_grad():
        best = frozen(next_obs).mean(dim=-1).argmax(dim=-1)
        target = rewards[:, None] + discounts[:, None] * frozen.of_actions(next_obs, best)
    return quantile_loss(online.of_actions(obs, actions), target, online.taus)
