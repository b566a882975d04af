"""One DQN update on a replay batch held in a dataclass."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int, Tensor


@dataclass
class Batch:
    obs: Float[Tensor, "batch obs_dim"]
    action: Int[Tensor, "batch"]
    reward: Float[Tensor, "batch"]
    next_obs: Float[Tensor, "batch obs_dim"]
    done: Float[Tensor, "batch"]


class QNetwork(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(obs_dim, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, n_actions)

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(obs)))))


@rlt.typed
def dqn_loss(online: QNetwork, target: QNetwork, batch: Batch, gamma: float = 0.99) -> Float[Tensor, ""]:
    with torch.no_grad():
        best = target(batch.next_obs).max(dim=1).values
        goal = batch.reward + gamma * best * (1.0 - batch.done)
    chosen = online(batch.obs).gather(1, batch.action).squeeze(1)  # BUG: the index has one dimension, the input two
    return F.smooth_l1_loss(chosen, goal)
