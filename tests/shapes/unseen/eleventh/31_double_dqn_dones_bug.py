"""Double DQN with a dueling network."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import rlt
from rlt.types import Bool, Float, Int64


@dataclass
class Transitions:
    obs: Float[Tensor, "batch obs_dim"]
    actions: Int64[Tensor, "batch"]
    rewards: Float[Tensor, "batch"]
    next_obs: Float[Tensor, "batch obs_dim"]
    terminated: Bool[Tensor, "batch"]


class DuelingQ(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, width: int = 64) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Linear(obs_dim, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()
        )
        self.value = nn.Linear(width, 1)
        self.advantage = nn.Linear(width, n_actions)

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        h = self.trunk(obs)
        adv = self.advantage(h)
        return self.value(h) + adv - adv.mean(dim=-1, keepdim=True)


@torch.no_grad()
def double_q_target(
    online: DuelingQ, target: DuelingQ, batch: Transitions, gamma: float
) -> Float[Tensor, "batch"]:
    best = online(batch.next_obs).argmax(dim=-1, keepdim=True)
    bootstrap = target(batch.next_obs).gather(-1, best).squeeze(-1)
    return batch.rewards + gamma * (1 - batch.terminated) * bootstrap  # BUG: 1 - bool tensor, torch refuses it


def td_loss(
    online: DuelingQ, target: DuelingQ, batch: Transitions, gamma: float = 0.99
) -> Float[Tensor, ""]:
    q = online(batch.obs).gather(1, batch.actions.unsqueeze(1)).squeeze(1)
    y = double_q_target(online, target, batch, gamma)  # ALSO
    return F.smooth_l1_loss(q, y)


def polyak(online: DuelingQ, target: DuelingQ, tau: float = 0.005) -> None:
    with torch.no_grad():
        for p, p_target in zip(online.parameters(), target.parameters(), strict=True):
            p_target.lerp_(p, tau)
