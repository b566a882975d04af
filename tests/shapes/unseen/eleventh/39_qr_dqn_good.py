"""QR-DQN: quantile regression of the return distribution."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import rlt
from rlt.types import Float, Int64


class QuantileNet(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, n_quantiles: int = 51, width: int = 64) -> None:
        super().__init__()
        self.n_actions, self.n_quantiles = n_actions, n_quantiles
        self.net = nn.Sequential(
            nn.Linear(obs_dim, width), nn.ReLU(), nn.Linear(width, n_actions * n_quantiles)
        )

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions n_quantiles"]:
        return self.net(obs).view(-1, self.n_actions, self.n_quantiles)

    def q_values(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return self(obs).mean(dim=-1)

    def at(
        self, obs: Float[Tensor, "batch obs_dim"], actions: Int64[Tensor, "batch"]
    ) -> Float[Tensor, "batch n_quantiles"]:
        quantiles = self(obs)
        index = actions[:, None, None].expand(-1, 1, self.n_quantiles)
        return quantiles.gather(1, index).squeeze(1)


def quantile_huber(
    predicted: Float[Tensor, "batch n"], target: Float[Tensor, "batch m"], kappa: float = 1.0
) -> Float[Tensor, ""]:
    n = predicted.shape[1]
    taus = (torch.arange(n) + 0.5) / n
    delta = target[:, None, :] - predicted[:, :, None]
    huber = F.huber_loss(
        predicted[:, :, None].expand_as(delta), target[:, None, :].expand_as(delta), reduction="none", delta=kappa
    )
    weight = (taus[None, :, None] - (delta.detach() < 0).float()).abs()
    return (weight * huber).mean(dim=2).sum(dim=1).mean()


def loss(
    online: QuantileNet,
    target: QuantileNet,
    obs: Float[Tensor, "batch obs_dim"],
    actions: Int64[Tensor, "batch"],
    rewards: Float[Tensor, "batch"],
    next_obs: Float[Tensor, "batch obs_dim"],
    discounts: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    with torch.no_grad():
        greedy = online.q_values(next_obs).argmax(dim=-1)
        bootstrap = target.at(next_obs, greedy)
        goal = rewards[:, None] + discounts[:, None] * bootstrap
    return quantile_huber(online.at(obs, actions), goal)
