"""Conservative Q-learning on a fixed data set of discrete actions."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


@dataclass
class CQLConfig:
    alpha: float = 1.0
    gamma: float = 0.99
    tau: float = 0.005


class BaseQ(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 128) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(obs_dim, hidden), nn.Mish())
        self.head = nn.Linear(hidden, n_actions)

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return self.head(self.encoder(obs))


class DeepQ(BaseQ):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 128, depth: int = 2) -> None:
        super().__init__(obs_dim, n_actions, hidden)
        self.blocks = nn.ModuleList([nn.Linear(hidden, hidden) for _ in range(depth)])

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        h = self.encoder(obs)
        for block in self.blocks:
            h = h + F.mish(block(h))
        return self.head(h)


def select(q: Float[Tensor, "batch n_actions"], actions: Int64[Tensor, "batch"]) -> Float[Tensor, "batch"]:
    return q.gather(1, actions)  # BUG: the index must have q's rank, actions.unsqueeze(1) and a squeeze afterwards


def cql_loss(
    net: DeepQ,
    lagged: DeepQ,
    obs: Float[Tensor, "batch obs_dim"],
    actions: Int64[Tensor, "batch"],
    rewards: Float[Tensor, "batch"],
    next_obs: Float[Tensor, "batch obs_dim"],
    done: Float[Tensor, "batch"],
    cfg: CQLConfig,
) -> Float[Tensor, ""]:
    q = net(obs)
    taken = select(q, actions)  # ALSO
    with torch.no_grad():
        bootstrap = select(lagged(next_obs), net(next_obs).argmax(dim=1))  # ALSO
        target = rewards + cfg.gamma * (1.0 - done) * bootstrap
    conservative = (torch.logsumexp(q, dim=1) - taken).mean()
    return F.mse_loss(taken, target) + cfg.alpha * conservative
