"""REINFORCE with a baseline from a batch of transitions."""

from typing import TypedDict

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int, Tensor


class Rollout(TypedDict):
    obs: Float[Tensor, "batch obs_dim"]
    actions: Int[Tensor, "batch"]
    returns: Float[Tensor, "batch"]


class Policy(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(obs_dim, 32)
        self.fc2 = nn.Linear(32, n_actions)

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return F.log_softmax(self.fc2(F.relu(self.fc1(obs))), dim=-1)


@rlt.typed
def picked_log_prob(
    log_probs: Float[Tensor, "batch n_actions"], actions: Int[Tensor, "batch"]
) -> Float[Tensor, "batch"]:
    return log_probs.gather(1, actions.unsqueeze(1)).squeeze(1)


def reinforce(policy: Policy, rollout: Rollout, entropy_weight: float = 0.01) -> Tensor:
    log_probs = policy(rollout["obs"])
    picked = picked_log_prob(log_probs, rollout["actions"])
    advantage = rollout["returns"] - rollout["returns"].mean()
    entropy = -(log_probs.exp() * log_probs).sum(-1).mean()
    return -(picked * advantage).mean() - entropy_weight * entropy


def example() -> object:
    rollout: Rollout = {"obs": torch.randn(5, 4), "actions": torch.randint(3, (5,)), "returns": torch.randn(5)}
    return reinforce(Policy(4, 3), rollout)
