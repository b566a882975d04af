"""Soft actor-critic: squashed Gaussian actor, twin critics, critic loss."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn
from torch.distributions import Normal

import rlt
from rlt.types import Float, Tensor


class Transition(NamedTuple):
    obs: Float[Tensor, "batch obs_dim"]
    action: Float[Tensor, "batch action_dim"]
    reward: Float[Tensor, "batch"]
    next_obs: Float[Tensor, "batch obs_dim"]
    done: Float[Tensor, "batch"]


def mlp(n_in: int, n_out: int, hidden: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(n_in, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, n_out))


class Actor(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, hidden: int = 64) -> None:
        super().__init__()
        self.net = mlp(obs_dim, 2 * action_dim, hidden)

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"]
    ) -> tuple[Float[Tensor, "batch action_dim"], Float[Tensor, "batch"]]:
        mean, log_std = self.net(obs).chunk(2, dim=-1)
        dist = Normal(mean, log_std.clamp(-5.0, 2.0).exp())
        u = dist.rsample()
        a = torch.tanh(u)
        return a, (dist.log_prob(u) - torch.log(1.0 - a.pow(2) + 1e-6)).sum(-1)


class TwinCritic(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, hidden: int = 64) -> None:
        super().__init__()
        self.q1 = mlp(obs_dim + action_dim, 1, hidden)
        self.q2 = mlp(obs_dim + action_dim, 1, hidden)

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> tuple[Float[Tensor, "batch 1"], Float[Tensor, "batch 1"]]:
        x = torch.cat([obs, action], dim=-1)
        return self.q1(x), self.q2(x)


def critic_loss(
    actor: Actor, critic: TwinCritic, target: TwinCritic, b: Transition, gamma: float = 0.99, alpha: float = 0.2
) -> Float[Tensor, ""]:
    with torch.no_grad():
        next_action, next_logp = actor(b.next_obs)
        next_q = torch.min(*target(b.next_obs, next_action)).squeeze(-1)
        y = b.reward + gamma * (1.0 - b.done) * (next_q - alpha * next_logp)
    q1, q2 = critic(b.obs, b.action)
    return (q1 - y).pow(2).mean() + (q2 - y).pow(2).mean()  # BUG: (batch, 1) - (batch,) broadcasts to (batch, batch)
