"""A replay buffer in preallocated tensors and the DQN loss that reads it."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class Batch(NamedTuple):
    obs: Float[Tensor, "batch obs_dim"]
    actions: Int64[Tensor, "batch"]
    rewards: Float[Tensor, "batch"]
    next_obs: Float[Tensor, "batch obs_dim"]
    dones: Float[Tensor, "batch"]


class ReplayBuffer:
    def __init__(self, capacity: int, obs_dim: int) -> None:
        self.capacity = capacity
        self.obs = torch.zeros(capacity, obs_dim)
        self.next_obs = torch.zeros(capacity, obs_dim)
        self.actions = torch.zeros(capacity)  # BUG: actions are indices, the default float32 cannot be gathered with
        self.rewards = torch.zeros(capacity)
        self.dones = torch.zeros(capacity)
        self.pos = 0
        self.full = False

    def add(self, obs: Tensor, action: int, reward: float, next_obs: Tensor, done: bool) -> None:
        self.obs[self.pos] = obs
        self.actions[self.pos] = action
        self.rewards[self.pos] = reward
        self.next_obs[self.pos] = next_obs
        self.dones[self.pos] = float(done)
        self.pos = (self.pos + 1) % self.capacity
        self.full = self.full or self.pos == 0

    def sample(self, batch: int) -> Batch:
        high = self.capacity if self.full else self.pos
        idx = torch.randint(0, high, (batch,))
        return Batch(self.obs[idx], self.actions[idx], self.rewards[idx], self.next_obs[idx], self.dones[idx])  # ALSO


class QNetwork(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 32) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, hidden), nn.ReLU(), nn.Linear(hidden, n_actions))

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return self.net(obs)


def dqn_loss(net: QNetwork, lagged: QNetwork, buffer: ReplayBuffer, batch_size: int = 32) -> Float[Tensor, ""]:
    batch = buffer.sample(batch_size)  # ALSO
    q = torch.gather(net(batch.obs), 1, batch.actions.unsqueeze(-1)).squeeze(-1)  # ALSO
    with torch.no_grad():
        best = lagged(batch.next_obs).max(dim=1).values
        goal = batch.rewards + 0.99 * (1 - batch.dones) * best
    return F.mse_loss(q, goal)
