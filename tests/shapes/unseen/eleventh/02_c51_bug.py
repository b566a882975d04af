"""Categorical DQN (C51): a distribution over returns for each action."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor

V_MIN = -10.0
V_MAX = 10.0


class CategoricalQ(rlt.Module):
    support: Tensor

    def __init__(self, obs_dim: int, n_actions: int, n_atoms: int = 51, hidden: int = 64) -> None:
        super().__init__()
        self.n_actions = n_actions
        self.n_atoms = n_atoms
        self.body = nn.Sequential(
            nn.Linear(obs_dim, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, n_actions * n_atoms),
        )
        self.register_buffer("support", torch.linspace(V_MIN, V_MAX, n_atoms))

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions n_atoms"]:
        logits = self.body(obs).view(-1, self.n_actions, self.n_atoms)
        return F.log_softmax(logits, dim=-1)

    def q_values(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        probs = self.forward(obs).exp()
        expected = (probs * self.support).sum(dim=1)  # BUG: sums over the actions, the atoms are the last dimension
        return expected  # ALSO

    def act(self, obs: Float[Tensor, "batch obs_dim"]) -> Int64[Tensor, "batch"]:
        return self.q_values(obs).argmax(dim=-1)  # ALSO


def categorical_loss(
    net: CategoricalQ,
    obs: Float[Tensor, "batch obs_dim"],
    actions: Int64[Tensor, "batch"],
    projected: Float[Tensor, "batch n_atoms"],
) -> Float[Tensor, ""]:
    log_p = net(obs)
    rows = torch.arange(obs.shape[0])
    chosen = log_p[rows, actions]
    return -(projected * chosen).sum(dim=-1).mean()
