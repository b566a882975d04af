"""Goal-conditioned policy and critic with hindsight relabelling."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class ResidualBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        return x + F.silu(self.fc(self.norm(x)))


class GoalNet(rlt.Module):
    def __init__(self, obs_dim: int, goal_dim: int, width: int = 64, depth: int = 3) -> None:
        super().__init__()
        self.stem = nn.Linear(obs_dim + goal_dim, width)
        self.blocks = nn.ModuleList(ResidualBlock(width) for _ in range(depth))

    def features(
        self, obs: Float[Tensor, "batch obs_dim"], goal: Float[Tensor, "batch goal_dim"]
    ) -> Float[Tensor, "batch width"]:
        x = torch.cat([obs, goal], dim=-1)
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return x


class GoalPolicy(GoalNet):
    def __init__(self, obs_dim: int, goal_dim: int, action_dim: int, width: int = 64) -> None:
        super().__init__(obs_dim, goal_dim, width)
        self.out = nn.Linear(width, action_dim)

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], goal: Float[Tensor, "batch goal_dim"]
    ) -> Float[Tensor, "batch action_dim"]:
        return torch.tanh(self.out(self.features(obs, goal)))


def relabel(
    achieved: Float[Tensor, "batch time goal_dim"], future: Int64[Tensor, "batch"]
) -> Float[Tensor, "batch goal_dim"]:
    rows = torch.arange(achieved.shape[0])
    return achieved[rows, future]


def supervised_loss(
    policy: GoalPolicy,
    obs: Float[Tensor, "batch obs_dim"],
    action: Float[Tensor, "batch action_dim"],
    achieved: Float[Tensor, "batch time goal_dim"],
    future: Int64[Tensor, "batch"],
) -> Float[Tensor, ""]:
    goal = relabel(achieved, future)
    return F.mse_loss(policy(obs, goal), action)
