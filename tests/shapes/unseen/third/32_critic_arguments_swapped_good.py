"""DDPG critic, the action entering at the second layer."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Critic(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, hidden: int = 400) -> None:
        super().__init__()
        self.first = nn.Linear(obs_dim, hidden)
        self.second = nn.Linear(hidden + action_dim, 300)
        self.out = nn.Linear(300, 1)

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> Float[Tensor, "batch"]:
        h = F.relu(self.first(obs))
        h = F.relu(self.second(torch.cat((h, action), dim=1)))
        return self.out(h).squeeze(1)


class Actor(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, 64), nn.ReLU(), nn.Linear(64, action_dim), nn.Tanh())

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch action_dim"]:
        return self.net(obs)


class DDPG(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int) -> None:
        super().__init__()
        self.actor = Actor(obs_dim, action_dim)
        self.critic = Critic(obs_dim, action_dim)

    @rlt.typed
    def actor_loss(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, ""]:
        action = self.actor(obs)
        return -self.critic(obs, action).mean()


def example() -> object:
    return DDPG(11, 3).actor_loss(torch.randn(6, 11))
