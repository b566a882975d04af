"""REDQ: a vectorised critic ensemble and its target with a random subset of members."""

import math

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn
from torch.distributions import Independent, Normal


class EnsembleLinear(nn.Module):
    def __init__(self, members: int, n_in: int, n_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(members, n_in, n_out) / math.sqrt(n_in))
        self.bias = nn.Parameter(torch.zeros(members, 1, n_out))

    def forward(self, x: Float[Tensor, "members batch n_in"]) -> Float[Tensor, "members batch n_out"]:
        return torch.baddbmm(self.bias, x, self.weight)


class EnsembleQ(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, members: int = 5, hidden: int = 64) -> None:
        super().__init__()
        self.members = members
        self.l1 = EnsembleLinear(members, obs_dim + action_dim, hidden)
        self.l2 = EnsembleLinear(members, hidden, hidden)
        self.l3 = EnsembleLinear(members, hidden, 1)

    def forward(self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]) -> Float[Tensor, "members batch"]:
        x = torch.cat([obs, action], dim=-1).unsqueeze(0).expand(self.members, -1, -1)
        h = torch.relu(self.l1(x))
        h = torch.relu(self.l2(h))
        return self.l3(h).squeeze(-1)


class Actor(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, hidden: int = 64) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, hidden), nn.ReLU(), nn.Linear(hidden, 2 * action_dim))

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> tuple[Float[Tensor, "batch action_dim"], Float[Tensor, "batch"]]:
        mean, log_std = self.net(obs).chunk(2, dim=-1)
        dist = Independent(Normal(mean, log_std.clamp(-5, 2).exp()), 1)
        raw = dist.rsample()
        squash = torch.log1p(-torch.tanh(raw).pow(2) + 1e-6).sum(dim=-1)
        return torch.tanh(raw), dist.log_prob(raw) - squash


@torch.no_grad()
def redq_target(
    critic: EnsembleQ,
    actor: Actor,
    reward: Float[Tensor, "batch"],
    not_done: Float[Tensor, "batch"],
    next_obs: Float[Tensor, "batch obs_dim"],
    alpha: float = 0.2,
) -> Float[Tensor, "batch"]:
    action, log_prob = actor(next_obs)
    chosen = torch.randperm(critic.members)[:2]
    q = critic(next_obs, action)[chosen].min(dim=1).values  # BUG: minimum over the batch, members are dimension 0
    return reward + 0.99 * not_done * (q - alpha * log_prob)  # ALSO
