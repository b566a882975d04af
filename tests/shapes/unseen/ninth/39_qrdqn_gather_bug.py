"""QR-DQN: quantile network, greedy action, pairwise quantile Huber loss."""

import rlt
import torch
from rlt.types import Float, Int64, Tensor
from torch import nn


class QuantileNet(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, n_quantiles: int = 32, hidden: int = 64) -> None:
        super().__init__()
        self.n_actions = n_actions
        self.n_quantiles = n_quantiles
        self.net = nn.Sequential(nn.Linear(obs_dim, hidden), nn.ReLU(), nn.Linear(hidden, n_actions * n_quantiles))

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions n_quantiles"]:
        return self.net(obs).view(-1, self.n_actions, self.n_quantiles)

    def greedy(self, obs: Float[Tensor, "batch obs_dim"]) -> Int64[Tensor, "batch"]:
        return self(obs).mean(dim=-1).argmax(dim=-1)


def pick(quantiles: Float[Tensor, "batch n_actions n_quantiles"], action: Int64[Tensor, "batch"]) -> Float[Tensor, "batch n_quantiles"]:
    """The quantiles of the action that was taken."""
    index = action.view(-1, 1, 1)  # BUG: gathers the first quantile alone, needs expand over the quantiles
    return quantiles.gather(1, index).squeeze(1)  # ALSO


def quantile_huber(pred: Float[Tensor, "batch n"], target: Float[Tensor, "batch m"]) -> Float[Tensor, "batch"]:
    n = pred.shape[1]
    taus = (torch.arange(n, device=pred.device) + 0.5) / n
    td = target[:, None, :] - pred[:, :, None]
    huber = torch.where(td.abs() <= 1.0, 0.5 * td.pow(2), td.abs() - 0.5)
    weight = (taus[None, :, None] - (td.detach() < 0).float()).abs()
    return (weight * huber).mean(dim=2).sum(dim=1)


def qr_loss(
    online: QuantileNet,
    frozen: QuantileNet,
    obs: Float[Tensor, "batch obs_dim"],
    action: Int64[Tensor, "batch"],
    reward: Float[Tensor, "batch"],
    next_obs: Float[Tensor, "batch obs_dim"],
    not_done: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    with torch.no_grad():
        next_quantiles = pick(frozen(next_obs), online.greedy(next_obs))
        target = reward.unsqueeze(1) + 0.99 * not_done.unsqueeze(1) * next_quantiles
    pred = pick(online(obs), action)
    return quantile_huber(pred, target).mean()
