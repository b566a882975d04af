"""Distributional Q-learning (C51): greedy actions from the expected value of each action's atoms."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Int, Tensor


class C51(rlt.Module):
    support: Tensor

    def __init__(
        self, obs_dim: int, n_actions: int, n_atoms: int = 51, v_min: float = -10.0, v_max: float = 10.0
    ) -> None:
        super().__init__()
        self.n_actions = n_actions
        self.n_atoms = n_atoms
        self.register_buffer("support", torch.linspace(v_min, v_max, n_atoms))
        self.net = nn.Sequential(
            nn.Linear(obs_dim, 120),
            nn.ReLU(),
            nn.Linear(120, 84),
            nn.ReLU(),
            nn.Linear(84, n_actions * n_atoms),
        )

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions n_atoms"]:
        logits = self.net(obs)
        return torch.softmax(logits.view(len(obs), self.n_actions, self.n_atoms), dim=2)

    @rlt.typed
    def q_values(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return (self(obs) * self.support).sum(2)

    @rlt.typed
    def act(self, obs: Float[Tensor, "batch obs_dim"]) -> Int[Tensor, "batch"]:
        return self.q_values(obs).argmax(dim=1)
