"""A uniform replay buffer of tensors, and the DQN loss on its samples."""
from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Float32, Int64, Tensor


@dataclass(frozen=True)
class Batch:
    obs: Float32[Tensor, "n obs_dim"]
    actions: Int64[Tensor, "n"]
    rewards: Float32[Tensor, "n"]
    next_obs: Float32[Tensor, "n obs_dim"]
    discounts: Float32[Tensor, "n"]


class ReplayBuffer:
    def __init__(self, capacity: int, obs_dim: int) -> None:
        self.capacity = capacity
        self.obs = torch.zeros(capacity, obs_dim)
        self.next_obs = torch.zeros(capacity, obs_dim)
        self.actions = torch.zeros(capacity)  # BUG: dtype=torch.int64 is missing: the actions come back as float32
        self.rewards = torch.zeros(capacity)
        self.discounts = torch.zeros(capacity)
        self.position = 0
        self.size = 0

    def add(
        self, obs: Tensor, action: int, reward: float, next_obs: Tensor, discount: float
    ) -> None:
        i = self.position
        self.obs[i] = obs
        self.actions[i] = action
        self.rewards[i] = reward
        self.next_obs[i] = next_obs
        self.discounts[i] = discount
        self.position = (i + 1) % self.capacity
        self.size = min(self.size + 1, self.capacity)

    def sample(self, n: int) -> Batch:
        i = torch.randint(0, self.size, (n,))
        return Batch(self.obs[i], self.actions[i], self.rewards[i], self.next_obs[i], self.discounts[i])  # ALSO


class QNet(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(obs_dim, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, n_actions))

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return self.layers(obs)


def td_loss(q: QNet, target: QNet, buffer: ReplayBuffer, n: int) -> Float[Tensor, ""]:
    batch = buffer.sample(n)
    with torch.no_grad():
        y = batch.rewards + batch.discounts * target(batch.next_obs).max(dim=1).values
    chosen = q(batch.obs).gather(1, batch.actions.unsqueeze(1)).squeeze(1)  # ALSO
    return F.mse_loss(chosen, y)
