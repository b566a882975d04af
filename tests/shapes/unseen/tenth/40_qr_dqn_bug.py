"""Quantile-regression DQN: network, target and the quantile Huber loss."""

import torch
from torch import nn
from torch.nn import functional as F

import rlt
from rlt.types import Float, Int64, Tensor


class QuantileNet(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, n_quantiles: int) -> None:
        super().__init__()
        self.n_actions, self.n_quantiles = n_actions, n_quantiles
        self.net = nn.Sequential(
            nn.Linear(obs_dim, 64),
            nn.ReLU(),
            nn.Linear(64, n_actions * n_quantiles),
            nn.Unflatten(-1, (n_actions, n_quantiles)),
        )

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions n_quantiles"]:
        return self.net(obs)

    def of_action(
        self, obs: Float[Tensor, "batch obs_dim"], action: Int64[Tensor, "batch"]
    ) -> Float[Tensor, "batch n_quantiles"]:
        index = action.view(-1, 1, 1)  # BUG: gathers the first quantile only, expand(-1, 1, n_quantiles) is missing
        return self(obs).gather(1, index).squeeze(1)  # ALSO


def quantile_huber(
    predicted: Float[Tensor, "batch n"], target: Float[Tensor, "batch m"], taus: Float[Tensor, "n"]
) -> Float[Tensor, "batch"]:
    error = target.unsqueeze(1) - predicted.unsqueeze(2)
    huber = F.huber_loss(predicted.unsqueeze(2).expand_as(error), target.unsqueeze(1).expand_as(error), reduction="none")
    weight = (taus.view(1, -1, 1) - (error.detach() < 0).float()).abs()
    return (weight * huber).mean(dim=2).sum(dim=1)


def loss(
    net: QuantileNet,
    target_net: QuantileNet,
    obs: Float[Tensor, "batch obs_dim"],
    action: Int64[Tensor, "batch"],
    reward: Float[Tensor, "batch"],
    next_obs: Float[Tensor, "batch obs_dim"],
    done: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    with torch.no_grad():
        best = target_net(next_obs).mean(dim=-1).argmax(dim=-1)
        next_quantiles = target_net.of_action(next_obs, best)  # ALSO
        target = reward.unsqueeze(-1) + 0.99 * (1 - done.unsqueeze(-1)) * next_quantiles
    taus = (torch.arange(net.n_quantiles) + 0.5) / net.n_quantiles
    return quantile_huber(net.of_action(obs, action), target, taus).mean()  # ALSO
