"""TD3 with a vectorised ensemble of critics (as in REDQ)."""

import math

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Tensor
from torch import nn


class EnsembleLinear(nn.Module):
    def __init__(self, n_members: int, n_in: int, n_out: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(n_in)
        self.weight = nn.Parameter(torch.empty(n_members, n_in, n_out).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(n_members, 1, n_out))

    def forward(self, x: Tensor) -> Tensor:
        return torch.einsum("ebi,eoi->ebo", x, self.weight) + self.bias  # BUG: the weight is (members, in, out)


class Critics(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, n_members: int = 5, width: int = 32) -> None:
        super().__init__()
        self.n_members = n_members
        self.first = EnsembleLinear(n_members, obs_dim + action_dim, width)
        self.second = EnsembleLinear(n_members, width, 1)

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> Float[Tensor, "n_members batch"]:
        x = torch.cat([obs, action], dim=-1).expand(self.n_members, -1, -1)
        return self.second(F.relu(self.first(x))).squeeze(-1)  # ALSO


class Actor(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, max_action: float = 1.0) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, 64), nn.ReLU(), nn.Linear(64, action_dim), nn.Tanh())
        self.max_action = max_action

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch action_dim"]:
        return self.max_action * self.net(obs)


@torch.no_grad()
def td3_target(
    actor: Actor,
    critics: Critics,
    rewards: Float[Tensor, "batch"],
    not_done: Float[Tensor, "batch"],
    next_obs: Float[Tensor, "batch obs_dim"],
) -> Float[Tensor, "batch"]:
    action = actor(next_obs)
    noise = (0.2 * torch.randn_like(action)).clamp(-0.5, 0.5)
    action = (action + noise).clamp(-actor.max_action, actor.max_action)
    pair = torch.randperm(critics.n_members)[:2]
    q = critics(next_obs, action)[pair].amin(dim=0)  # ALSO
    return rewards + 0.99 * not_done * q
