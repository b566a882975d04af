"""Discrete CQL: offline Q-learning with a conservative penalty."""
from __future__ import annotations

from typing import TypedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import rlt
from rlt.types import Float, Int64


class OfflineBatch(TypedDict):
    obs: Float[Tensor, "n obs_dim"]
    action: Int64[Tensor, "n"]
    reward: Float[Tensor, "n"]
    next_obs: Float[Tensor, "n obs_dim"]
    terminal: Float[Tensor, "n"]


class ResidualBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.fc = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + F.relu(self.fc(self.norm(x)))


class QNetwork(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, width: int = 128, depth: int = 2) -> None:
        super().__init__()
        self.stem = nn.Linear(obs_dim, width)
        self.blocks = nn.ModuleList([ResidualBlock(width) for _ in range(depth)])
        self.head = nn.Linear(width, n_actions)

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        x = self.stem(obs)
        for block in self.blocks:
            x = block(x)
        return self.head(x)


class CQL:
    def __init__(self, q: QNetwork, target: QNetwork, gamma: float = 0.99, alpha: float = 1.0) -> None:
        self.q, self.target = q, target
        self.gamma, self.alpha = gamma, alpha

    def penalty(self, values: Float[Tensor, "n a"], chosen: Float[Tensor, "n"]) -> Float[Tensor, ""]:
        return (torch.logsumexp(values, dim=1) - chosen).mean()

    def td_target(self, batch: OfflineBatch) -> Tensor:
        with torch.no_grad():
            next_v = self.target(batch["next_obs"]).amax(dim=1)
            return batch["reward"] + self.gamma * (1 - batch["terminal"]) * next_v

    def loss(self, batch: OfflineBatch) -> Float[Tensor, ""]:
        values = self.q(batch["obs"])
        chosen = values.gather(1, batch["action"][:, None])[:, 0]
        td = F.smooth_l1_loss(chosen, self.td_target(batch))
        return td + self.alpha * self.penalty(values, chosen)
