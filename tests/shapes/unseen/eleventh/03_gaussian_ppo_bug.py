"""PPO with a diagonal Gaussian policy for continuous control."""

from typing import NamedTuple

import torch
from torch import nn
from torch.distributions import Normal

import rlt
from rlt.types import Float, Tensor


class Evaluation(NamedTuple):
    log_prob: Float[Tensor, "batch"]
    entropy: Float[Tensor, "batch"]
    value: Float[Tensor, "batch"]


def layer(n_in: int, n_out: int, gain: float = 1.0) -> nn.Linear:
    linear = nn.Linear(n_in, n_out)
    nn.init.orthogonal_(linear.weight, gain)
    nn.init.zeros_(linear.bias)
    return linear


class GaussianActorCritic(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, width: int = 64) -> None:
        super().__init__()
        self.actor = nn.Sequential(layer(obs_dim, width), nn.Tanh(), layer(width, action_dim, 0.01))
        self.critic = nn.Sequential(layer(obs_dim, width), nn.Tanh(), layer(width, 1))
        self.log_std = nn.Parameter(torch.zeros(action_dim))

    def _dist(self, obs: Tensor) -> Normal:
        mean = self.actor(obs)
        return Normal(mean, self.log_std.exp().expand_as(mean))

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch action_dim"]:
        return self._dist(obs).rsample()

    def evaluate(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> Evaluation:
        dist = self._dist(obs)
        log_prob = dist.log_prob(action)  # BUG: Normal gives one log-probability per action dimension, they must be summed
        entropy = dist.entropy().sum(dim=-1)
        return Evaluation(log_prob, entropy, self.critic(obs).squeeze(-1))  # ALSO


def ppo_loss(
    net: GaussianActorCritic,
    obs: Float[Tensor, "batch obs_dim"],
    action: Float[Tensor, "batch action_dim"],
    old_log_prob: Float[Tensor, "batch"],
    advantage: Float[Tensor, "batch"],
    returns: Float[Tensor, "batch"],
    clip: float = 0.2,
) -> Float[Tensor, ""]:
    new = net.evaluate(obs, action)  # ALSO
    ratio = (new.log_prob - old_log_prob).exp()  # ALSO
    clipped = ratio.clamp(1.0 - clip, 1.0 + clip)
    policy = -torch.min(ratio * advantage, clipped * advantage).mean()  # ALSO
    value = (new.value - returns).pow(2).mean()
    return policy + 0.5 * value - 0.01 * new.entropy.mean()
