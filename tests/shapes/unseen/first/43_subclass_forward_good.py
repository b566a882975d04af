"""Goal-conditioned policy on top of a plain one."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


class Policy(rlt.Module):
    def __init__(self, obs_dim: int, act_dim: int, hidden: int = 64) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(obs_dim, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, act_dim)
        )

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch act_dim"]:
        return torch.tanh(self.net(obs))


class GoalPolicy(Policy):
    def __init__(self, state_dim: int, goal_dim: int, act_dim: int) -> None:
        super().__init__(state_dim + goal_dim, act_dim)

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch state_dim+goal_dim"]) -> Float[Tensor, "batch act_dim"]:
        centred = obs - obs.mean(dim=0, keepdim=True)
        return torch.tanh(self.net(centred))


def example() -> object:
    return GoalPolicy(state_dim=10, goal_dim=3, act_dim=4)(torch.randn(5, 13))
