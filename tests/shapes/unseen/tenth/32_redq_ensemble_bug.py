"""An ensemble of critics evaluated as one (REDQ), and its target."""

import math

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class EnsembleLinear(rlt.Module):
    """`members` independent linear layers."""

    def __init__(self, members: int, inp: int, out: int) -> None:
        super().__init__()
        bound = 1 / math.sqrt(inp)
        self.weight = nn.Parameter(torch.empty(members, inp, out).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(members, 1, out))

    def forward(self, x: Float[Tensor, "members batch inp"]) -> Float[Tensor, "members batch out"]:
        return torch.einsum("mbi,mio->mbo", x, self.weight) + self.bias


class Critics(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, members: int = 10, width: int = 256) -> None:
        super().__init__()
        self.members = members
        self.net = nn.Sequential(
            EnsembleLinear(members, obs_dim + action_dim, width),
            nn.ReLU(),
            EnsembleLinear(members, width, width),
            nn.ReLU(),
            EnsembleLinear(members, width, 1),
        )

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> Float[Tensor, "members batch"]:
        x = torch.cat([obs, action], dim=-1)
        x = x.unsqueeze(0).expand(self.members, -1, -1)
        return self.net(x).squeeze(-1)


def redq_target(
    critics: Critics,
    reward: Float[Tensor, "batch"],
    mask: Float[Tensor, "batch"],
    next_obs: Float[Tensor, "batch obs"],
    next_action: Float[Tensor, "batch act"],
    next_log_prob: Float[Tensor, "batch"],
    alpha: float = 0.2,
) -> Float[Tensor, "batch"]:
    with torch.no_grad():
        qs = critics(next_obs, next_action)
        chosen = qs[torch.randperm(critics.members)[:2]]
        q = chosen.min(dim=-1).values  # BUG: the smallest over the batch, not over the two critics
        return reward + 0.99 * mask * (q - alpha * next_log_prob)  # ALSO


def critic_loss(
    critics: Critics,
    obs: Float[Tensor, "batch obs"],
    action: Float[Tensor, "batch act"],
    target: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    return (critics(obs, action) - target.unsqueeze(0)).pow(2).mean(dim=1).sum()
