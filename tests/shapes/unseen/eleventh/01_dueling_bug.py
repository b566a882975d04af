"""Dueling double DQN: value and advantage streams over a shared trunk."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


@dataclass(frozen=True)
class Transition:
    obs: Tensor
    action: Tensor
    reward: Tensor
    next_obs: Tensor
    done: Tensor


class Stream(nn.Module):
    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(width, width)
        self.out = nn.Linear(width, out)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.out(F.relu(self.hidden(x)))
        return y


class DuelingQ(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, width: int = 128) -> None:
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(obs_dim, width), nn.LayerNorm(width), nn.ReLU())
        self.value = Stream(width, 1)
        self.advantage = Stream(width, n_actions)

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        features = self.trunk(obs)
        value = self.value(features)
        advantage = self.advantage(features)
        baseline = advantage.mean(dim=-1)  # BUG: keepdim=True is missing, (batch,) does not line up with (batch, n_actions)
        return value + advantage - baseline  # ALSO

    def greedy(self, obs: Float[Tensor, "batch obs_dim"]) -> Int64[Tensor, "batch"]:
        return self.forward(obs).argmax(dim=-1)  # ALSO


def double_dqn_loss(online: DuelingQ, frozen: DuelingQ, batch: Transition, gamma: float = 0.99) -> Float[Tensor, ""]:
    q = online(batch.obs).gather(1, batch.action.unsqueeze(1)).squeeze(1)  # ALSO
    with torch.no_grad():
        best = online.greedy(batch.next_obs)  # ALSO
        next_q = frozen(batch.next_obs).gather(1, best.unsqueeze(1)).squeeze(1)  # ALSO
        target = batch.reward + gamma * (1.0 - batch.done) * next_q
    return F.smooth_l1_loss(q, target)
