"""Categorical DQN (C51): distribution network, projection and loss."""
from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Bool, Float, Int64, Tensor


class Transition(NamedTuple):
    obs: Float[Tensor, "batch obs_dim"]
    action: Int64[Tensor, "batch"]
    reward: Float[Tensor, "batch"]
    next_obs: Float[Tensor, "batch obs_dim"]
    done: Bool[Tensor, "batch"]


class C51Net(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, n_atoms: int = 51, hidden: int = 128) -> None:
        super().__init__()
        self.n_actions = n_actions
        self.n_atoms = n_atoms
        self.body = nn.Sequential(nn.Linear(obs_dim, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.head = nn.Linear(hidden, n_actions * n_atoms)
        self.register_buffer("support", torch.linspace(-10.0, 10.0, n_atoms))
        self.support: Tensor

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions n_atoms"]:
        return self.head(self.body(obs)).view(-1, self.n_actions, self.n_atoms)

    def log_probs_of(
        self, obs: Float[Tensor, "batch obs_dim"], action: Int64[Tensor, "batch"]
    ) -> Float[Tensor, "batch n_atoms"]:
        logits = self(obs)
        index = action.view(-1, 1, 1)  # BUG: gather takes the size of the index: one atom only; expand over the atoms
        chosen = logits.gather(1, index).squeeze(1)  # ALSO
        return F.log_softmax(chosen, dim=-1)  # ALSO

    def greedy(self, obs: Float[Tensor, "batch obs_dim"]) -> Int64[Tensor, "batch"]:
        q = (F.softmax(self(obs), dim=-1) * self.support).sum(-1)
        return q.argmax(dim=1)


def project(
    support: Float[Tensor, "atoms"], probs: Float[Tensor, "b atoms"], target: Float[Tensor, "b atoms"]
) -> Float[Tensor, "b atoms"]:
    dz = support[1] - support[0]
    clipped = target.clamp(-10.0, 10.0)
    weight = (1 - (clipped[:, None, :] - support[None, :, None]).abs() / dz).clamp(0, 1)
    return (weight * probs[:, None, :]).sum(-1)


def c51_loss(net: C51Net, target_net: C51Net, t: Transition, gamma: float) -> Float[Tensor, ""]:
    with torch.no_grad():
        log_p = target_net.log_probs_of(t.next_obs, net.greedy(t.next_obs))
        z = t.reward[:, None] + gamma * (~t.done).float()[:, None] * target_net.support[None, :]
        projected = project(target_net.support, log_p.exp(), z)  # ALSO
    return -(projected * net.log_probs_of(t.obs, t.action)).sum(-1).mean()
