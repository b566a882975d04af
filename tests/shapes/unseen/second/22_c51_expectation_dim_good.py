"""Categorical DQN (C51)."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class C51(rlt.Module):
    def __init__(
        self, obs_dim: int, n_actions: int, n_atoms: int = 51, v_min: float = -10.0, v_max: float = 10.0
    ) -> None:
        super().__init__()
        self.n_actions, self.n_atoms = n_actions, n_atoms
        self.register_buffer("atoms", torch.linspace(v_min, v_max, n_atoms))
        self.network = nn.Sequential(
            nn.Linear(obs_dim, 120),
            nn.ReLU(),
            nn.Linear(120, n_actions * n_atoms),
        )

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        logits = self.network(x)
        pmfs = torch.softmax(logits.view(len(x), self.n_actions, self.n_atoms), dim=2)
        return (pmfs * self.atoms).sum(2)


def example() -> object:
    return C51(4, 2)(torch.randn(3, 4))
