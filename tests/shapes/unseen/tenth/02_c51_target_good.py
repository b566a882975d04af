"""Categorical DQN (C51): expected values and the projected target distribution."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Int64, Tensor
from torch import nn

V_MIN, V_MAX = -10.0, 10.0


class C51Net(rlt.Module):
    support: Tensor

    def __init__(self, obs_dim: int, n_actions: int, n_atoms: int = 51) -> None:
        super().__init__()
        self.n_actions, self.n_atoms = n_actions, n_atoms
        self.body = nn.Sequential(nn.Linear(obs_dim, 128), nn.ReLU(), nn.Linear(128, n_actions * n_atoms))
        self.register_buffer("support", torch.linspace(V_MIN, V_MAX, n_atoms))

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions n_atoms"]:
        logits = self.body(obs).view(-1, self.n_actions, self.n_atoms)
        return F.log_softmax(logits, dim=-1)

    def q_values(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return (self(obs).exp() * self.support).sum(dim=-1)

    def log_probs_of(
        self, obs: Float[Tensor, "batch obs_dim"], actions: Int64[Tensor, "batch"]
    ) -> Float[Tensor, "batch n_atoms"]:
        index = actions.view(-1, 1, 1).expand(-1, 1, self.n_atoms)
        return self(obs).gather(1, index).squeeze(1)


def project(rewards: Tensor, discounts: Tensor, probs: Tensor, support: Tensor) -> Tensor:
    n_atoms = support.shape[0]
    delta = (V_MAX - V_MIN) / (n_atoms - 1)
    tz = (rewards.unsqueeze(1) + discounts.unsqueeze(1) * support).clamp(V_MIN, V_MAX)
    distance = (tz.unsqueeze(1) - support.view(1, -1, 1)).abs() / delta
    return ((1 - distance).clamp(min=0) * probs.unsqueeze(1)).sum(dim=-1)


def c51_loss(
    net: C51Net,
    target: C51Net,
    obs: Float[Tensor, "batch obs_dim"],
    actions: Int64[Tensor, "batch"],
    rewards: Float[Tensor, "batch"],
    discounts: Float[Tensor, "batch"],
    next_obs: Float[Tensor, "batch obs_dim"],
) -> Float[Tensor, "batch"]:
    with torch.no_grad():
        best = net.q_values(next_obs).argmax(dim=1)
        next_probs = target.log_probs_of(next_obs, best).exp()
        projected = project(rewards, discounts, next_probs, target.support)
    return -(projected * net.log_probs_of(obs, actions)).sum(dim=1)
