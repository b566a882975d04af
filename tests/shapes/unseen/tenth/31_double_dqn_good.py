"""Double DQN with a dueling network."""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

import rlt
from rlt.types import Float, Int64, Tensor


class Batch(NamedTuple):
    obs: Float[Tensor, "batch obs_dim"]
    action: Int64[Tensor, "batch"]
    reward: Float[Tensor, "batch"]
    next_obs: Float[Tensor, "batch obs_dim"]
    done: Float[Tensor, "batch"]


class DuelingQ(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, width: int = 128) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(obs_dim, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.value = nn.Linear(width, 1)
        self.advantage = nn.Linear(width, n_actions)

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        h = self.trunk(obs)
        adv = self.advantage(h)
        return self.value(h) + adv - adv.mean(dim=-1, keepdim=True)


@torch.no_grad()
def double_q_target(
    online: DuelingQ,
    target: DuelingQ,
    next_obs: Float[Tensor, "batch obs_dim"],
    reward: Float[Tensor, "batch"],
    done: Float[Tensor, "batch"],
    gamma: float,
) -> Float[Tensor, "batch"]:
    best = online(next_obs).argmax(dim=1, keepdim=True)
    next_q = target(next_obs).gather(1, best).squeeze(1)
    return reward + gamma * (1.0 - done) * next_q


def td_loss(online: DuelingQ, target: DuelingQ, batch: Batch, gamma: float = 0.99) -> Float[Tensor, ""]:
    q = online(batch.obs).gather(1, batch.action.unsqueeze(1)).squeeze(1)
    y = double_q_target(online, target, batch.next_obs, batch.reward, batch.done, gamma)
    return F.smooth_l1_loss(q, y)
