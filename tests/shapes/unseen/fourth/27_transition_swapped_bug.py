"""DDPG's losses on a NamedTuple of tensors."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Transition(NamedTuple):
    obs: Float[Tensor, "batch 17"]
    action: Float[Tensor, "batch 6"]
    reward: Float[Tensor, "batch"]
    next_obs: Float[Tensor, "batch 17"]
    terminated: Float[Tensor, "batch"]


class Actor(rlt.Module):
    def __init__(self, obs_dim: int = 17, action_dim: int = 6) -> None:
        super().__init__()
        self.fc1 = nn.Linear(obs_dim, 256)
        self.mu = nn.Linear(256, action_dim)

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch action_dim"]:
        return torch.tanh(self.mu(F.relu(self.fc1(obs))))


class Critic(rlt.Module):
    def __init__(self, obs_dim: int = 17, action_dim: int = 6) -> None:
        super().__init__()
        self.fc_obs = nn.Linear(obs_dim, 256)
        self.fc_action = nn.Linear(action_dim, 256)
        self.q = nn.Linear(256, 1)

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> Float[Tensor, "batch"]:
        return self.q(F.relu(self.fc_obs(obs) + self.fc_action(action))).squeeze(-1)


@rlt.typed
def critic_loss(actor: Actor, critic: Critic, data: Transition, gamma: float = 0.99) -> Float[Tensor, ""]:
    with torch.no_grad():
        next_q = critic(data.next_obs, actor(data.next_obs))
        target = data.reward + (1 - data.terminated) * gamma * next_q
    q = critic(data.action, data.obs)  # BUG: arguments swapped
    return F.mse_loss(q, target)
