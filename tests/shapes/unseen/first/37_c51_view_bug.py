"""Categorical (distributional) Q-network."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


class CategoricalQ(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, n_atoms: int = 51) -> None:
        super().__init__()
        self.n_actions = n_actions
        self.n_atoms = n_atoms
        self.register_buffer("support", torch.linspace(-10.0, 10.0, n_atoms))
        self.net = nn.Sequential(nn.Linear(obs_dim, 128), nn.ReLU(), nn.Linear(128, n_actions * n_atoms))

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions n_atoms"]:
        logits = self.net(obs)
        logits = logits.view(-1, self.n_atoms, self.n_actions)  # BUG: declared [batch, n_actions, n_atoms]
        return logits.softmax(dim=-1)  # ALSO


def example() -> object:
    return CategoricalQ(obs_dim=4, n_actions=2)(torch.randn(3, 4))
