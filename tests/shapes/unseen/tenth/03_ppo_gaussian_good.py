"""PPO with a diagonal Gaussian policy: evaluation of actions and the clipped loss."""

from typing import NamedTuple

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn
from torch.distributions import Normal


class Evaluation(NamedTuple):
    log_prob: Float[Tensor, "batch"]
    entropy: Float[Tensor, "batch"]
    value: Float[Tensor, "batch"]


class ActorCritic(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, width: int = 64) -> None:
        super().__init__()
        self.actor = nn.Sequential(nn.Linear(obs_dim, width), nn.Tanh(), nn.Linear(width, action_dim))
        self.critic = nn.Sequential(nn.Linear(obs_dim, width), nn.Tanh(), nn.Linear(width, 1))
        self.log_std = nn.Parameter(torch.zeros(action_dim))

    def policy(self, obs: Tensor) -> Normal:
        mean = self.actor(obs)
        return Normal(mean, self.log_std.exp().expand_as(mean))

    def evaluate(
        self, obs: Float[Tensor, "batch obs_dim"], actions: Float[Tensor, "batch action_dim"]
    ) -> Evaluation:
        dist = self.policy(obs)
        log_prob = dist.log_prob(actions).sum(dim=-1)
        entropy = dist.entropy().sum(dim=-1)
        value = self.critic(obs).squeeze(-1)
        return Evaluation(log_prob, entropy, value)


def ppo_loss(
    model: ActorCritic,
    obs: Float[Tensor, "batch obs_dim"],
    actions: Float[Tensor, "batch action_dim"],
    old_log_prob: Float[Tensor, "batch"],
    advantages: Float[Tensor, "batch"],
    returns: Float[Tensor, "batch"],
    clip: float = 0.2,
) -> Float[Tensor, ""]:
    out = model.evaluate(obs, actions)
    ratio = (out.log_prob - old_log_prob).exp()
    clipped = ratio.clamp(1 - clip, 1 + clip)
    policy_loss = -torch.min(ratio * advantages, clipped * advantages).mean()
    value_loss = 0.5 * (out.value - returns).pow(2).mean()
    return policy_loss + 0.5 * value_loss - 0.01 * out.entropy.mean()
