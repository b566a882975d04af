"""REDQ: an ensemble of critics computed with einsum, and targets from a random subset."""

from __future__ import annotations

import math

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class EnsembleLinear(nn.Module):
    def __init__(self, n_members: int, n_in: int, n_out: int) -> None:
        super().__init__()
        bound = 1.0 / math.sqrt(n_in)
        self.weight = nn.Parameter(torch.empty(n_members, n_in, n_out).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(n_members, 1, n_out))

    def forward(self, x: Tensor) -> Tensor:
        return torch.einsum("ebi,eio->ebo", x, self.weight) + self.bias


class EnsembleCritic(rlt.Module):
    def __init__(self, n_members: int, obs_dim: int, action_dim: int, hidden: int = 48) -> None:
        super().__init__()
        self.n_members = n_members
        self.first = EnsembleLinear(n_members, obs_dim + action_dim, hidden)
        self.second = EnsembleLinear(n_members, hidden, hidden)
        self.last = EnsembleLinear(n_members, hidden, 1)

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> Float[Tensor, "n_members batch"]:
        x = torch.cat([obs, action], dim=-1).expand(self.n_members, -1, -1)
        x = torch.relu(self.first(x))
        x = torch.relu(self.second(x))
        return self.last(x).squeeze(-1)


def subset_minimum(q: Float[Tensor, "members batch"], m: int) -> Float[Tensor, "batch"]:
    chosen = torch.randperm(q.shape[0])[:m]
    return q[chosen].min(dim=0).values


def redq_target(
    critic: EnsembleCritic,
    reward: Float[Tensor, "batch"],
    done: Float[Tensor, "batch"],
    next_obs: Float[Tensor, "batch obs_dim"],
    next_action: Float[Tensor, "batch action_dim"],
    gamma: float = 0.99,
) -> Float[Tensor, "batch"]:
    with torch.no_grad():
        next_q = subset_minimum(critic(next_obs, next_action), m=2)
        return reward + gamma * (1.0 - done) * next_q


def critic_loss(q: Float[Tensor, "members batch"], target: Float[Tensor, "batch"]) -> Float[Tensor, ""]:
    return (q - target.unsqueeze(0)).square().mean(dim=1).sum()
