"""A replay buffer of tensors and the Q-learning step that samples from it."""

from dataclasses import dataclass

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Bool, Float, Int64, Tensor
from torch import nn


@dataclass(frozen=True)
class Batch:
    obs: Float[Tensor, "batch obs_dim"]
    actions: Int64[Tensor, "batch"]
    rewards: Float[Tensor, "batch"]
    next_obs: Float[Tensor, "batch obs_dim"]
    dones: Bool[Tensor, "batch"]


class ReplayBuffer:
    def __init__(self, capacity: int, obs_dim: int) -> None:
        self.obs = torch.zeros(capacity, obs_dim)
        self.next_obs = torch.zeros(capacity, obs_dim)
        self.actions = torch.zeros(capacity, dtype=torch.int64)
        self.rewards = torch.zeros(capacity)
        self.dones = torch.zeros(capacity, dtype=torch.bool)
        self.capacity, self.size, self.head = capacity, 0, 0

    def add(self, obs: Tensor, action: int, reward: float, next_obs: Tensor, done: bool) -> None:
        i = self.head
        self.obs[i], self.next_obs[i] = obs, next_obs
        self.actions[i], self.rewards[i], self.dones[i] = action, reward, done
        self.head = (i + 1) % self.capacity
        self.size = min(self.size + 1, self.capacity)

    def sample(self, batch_size: int) -> Batch:
        i = torch.randint(self.size, (batch_size,))
        return Batch(self.obs[i], self.actions[i], self.rewards[i], self.next_obs[i], self.dones[i])


class QNet(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(obs_dim, 64), nn.ReLU(), nn.Linear(64, n_actions))

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return self.layers(obs)


def td_loss(net: QNet, target: QNet, batch: Batch, gamma: float = 0.99) -> Float[Tensor, ""]:
    q = net(batch.obs).gather(1, batch.actions[:, None])[:, 0]
    with torch.no_grad():
        next_q = target(batch.next_obs).max(dim=1).values
        goal = batch.rewards + gamma * next_q * (1 - batch.dones.float())
    return F.smooth_l1_loss(q, goal)


def learn(net: QNet, target: QNet, buffer: ReplayBuffer, optimiser: torch.optim.Optimizer) -> float:
    loss = td_loss(net, target, buffer.sample(32))
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()
