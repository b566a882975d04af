"""Categorical DQN (C51): distributional head, projection of the target, cross-entropy."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class C51(rlt.Module):
    support: Tensor

    def __init__(self, obs_dim: int, n_actions: int, n_atoms: int = 21, v_min: float = -10.0, v_max: float = 10.0) -> None:
        super().__init__()
        self.n_actions, self.n_atoms = n_actions, n_atoms
        self.v_min, self.v_max = v_min, v_max
        self.register_buffer("support", torch.linspace(v_min, v_max, n_atoms))
        self.fc1 = nn.Linear(obs_dim, 64)
        self.fc2 = nn.Linear(64, n_actions * n_atoms)

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions n_atoms"]:
        h = F.relu(self.fc1(obs))
        return F.log_softmax(self.fc2(h).view(-1, self.n_actions, self.n_atoms), dim=-1)

    def q_values(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return (self(obs).exp() * self.support).sum(dim=-1)

    def of_action(
        self, obs: Float[Tensor, "batch obs_dim"], action: Int64[Tensor, "batch"]
    ) -> Float[Tensor, "batch n_atoms"]:
        index = action[:, None].expand(-1, self.n_atoms)  # BUG: gather needs as many dims as its input: action[:, None, None]
        return self(obs).gather(1, index).squeeze(1)  # ALSO


def project(
    net: C51, probs: Float[Tensor, "batch n_atoms"], reward: Float[Tensor, "batch"], done: Float[Tensor, "batch"],
    gamma: float,
) -> Float[Tensor, "batch n_atoms"]:
    z = reward[:, None] + gamma * (1.0 - done[:, None]) * net.support[None, :]
    delta = (net.v_max - net.v_min) / (net.n_atoms - 1)
    pos = (z.clamp(net.v_min, net.v_max) - net.v_min) / delta
    atoms = torch.arange(net.n_atoms)
    overlap = (1.0 - (pos[:, :, None] - atoms[None, None, :]).abs()).clamp(min=0.0)
    return (probs[:, :, None] * overlap).sum(dim=1)


def c51_loss(
    net: C51, target: C51, obs: Float[Tensor, "batch obs_dim"], action: Int64[Tensor, "batch"],
    reward: Float[Tensor, "batch"], next_obs: Float[Tensor, "batch obs_dim"], done: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    with torch.no_grad():
        probs = target.of_action(next_obs, net.q_values(next_obs).argmax(dim=1)).exp()  # ALSO
        goal = project(target, probs, reward, done, 0.99)
    return -(goal * net.of_action(obs, action)).sum(dim=-1).mean()  # ALSO
