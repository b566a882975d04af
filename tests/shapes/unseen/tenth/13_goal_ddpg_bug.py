"""Goal-conditioned DDPG with hindsight relabelling."""

from dataclasses import dataclass

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


@dataclass(frozen=True)
class Config:
    obs_dim: int = 10
    goal_dim: int = 3
    action_dim: int = 4
    width: int = 64
    depth: int = 2
    threshold: float = 0.05


def build(n_in: int, n_out: int, cfg: Config) -> nn.Sequential:
    net = nn.Sequential()
    for i in range(cfg.depth):
        net.append(nn.Linear(n_in if i == 0 else cfg.width, cfg.width))
        net.append(nn.ReLU())
    net.append(nn.Linear(cfg.width, n_out))
    return net


class GoalActorCritic(rlt.Module):
    def __init__(self, cfg: Config = Config()) -> None:
        super().__init__()
        self.actor = build(cfg.obs_dim + cfg.goal_dim, cfg.action_dim, cfg)
        self.critic = build(cfg.obs_dim + cfg.action_dim, 1, cfg)  # BUG: the critic sees the goal too, goal_dim is missing

    def act(self, obs: Float[Tensor, "batch 10"], goal: Float[Tensor, "batch 3"]) -> Float[Tensor, "batch 4"]:
        return torch.tanh(self.actor(torch.cat([obs, goal], dim=-1)))

    def q(
        self, obs: Float[Tensor, "batch 10"], goal: Float[Tensor, "batch 3"], action: Float[Tensor, "batch 4"]
    ) -> Float[Tensor, "batch"]:
        return self.critic(torch.cat([obs, goal, action], dim=-1)).squeeze(-1)  # ALSO


def sparse_reward(
    achieved: Float[Tensor, "batch 3"], goal: Float[Tensor, "batch 3"], cfg: Config
) -> Float[Tensor, "batch"]:
    return -((achieved - goal).norm(dim=-1) > cfg.threshold).float()


def relabel(goal: Tensor, future: Tensor, fraction: float = 0.8) -> Tensor:
    use = torch.rand(goal.shape[0], 1) < fraction
    return torch.where(use, future, goal)


def actor_loss(
    model: GoalActorCritic, obs: Float[Tensor, "batch 10"], goal: Float[Tensor, "batch 3"], future: Float[Tensor, "batch 3"]
) -> Float[Tensor, ""]:
    goal = relabel(goal, future)
    action = model.act(obs, goal)
    return -model.q(obs, goal, action).mean() + action.pow(2).mean()  # ALSO
