"""PPO: the clipped loss of one minibatch, for continuous actions."""
from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.distributions import Independent, Normal

import rlt
from rlt.types import Float, Tensor


@dataclass
class Minibatch:
    obs: Float[Tensor, "batch obs_dim"]
    actions: Float[Tensor, "batch act_dim"]
    log_probs: Float[Tensor, "batch"]
    advantages: Float[Tensor, "batch"]
    returns: Float[Tensor, "batch"]


@dataclass(frozen=True)
class PPOConfig:
    clip: float = 0.2
    value_coef: float = 0.5
    entropy_coef: float = 0.01


def mlp(n_in: int, width: int, n_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(n_in, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, n_out))


class GaussianActorCritic(rlt.Module):
    def __init__(self, obs_dim: int, act_dim: int, width: int = 64) -> None:
        super().__init__()
        self.actor = mlp(obs_dim, width, act_dim)
        self.critic = mlp(obs_dim, width, 1)
        self.log_std = nn.Parameter(torch.zeros(act_dim))

    def policy(self, obs: Tensor) -> Independent[Normal]:
        mean = self.actor(obs)
        return Independent(Normal(mean, self.log_std.exp().expand_as(mean)), 1)

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch act_dim"]:
        return self.actor(obs)


def clipped_objective(ratio: Tensor, advantage: Tensor, clip: float) -> Tensor:
    return torch.min(ratio * advantage, ratio.clamp(1 - clip, 1 + clip) * advantage)


def ppo_loss(
    net: GaussianActorCritic, mb: Minibatch, cfg: PPOConfig
) -> tuple[Float[Tensor, ""], dict[str, float]]:
    dist = net.policy(mb.obs)
    ratio = (dist.log_prob(mb.actions) - mb.log_probs).exp()
    advantages = (mb.advantages - mb.advantages.mean()) / (mb.advantages.std() + 1e-8)
    policy_loss = -clipped_objective(ratio, advantages, cfg.clip).mean()
    values = net.critic(mb.obs).squeeze(-1)
    value_loss = (values - mb.returns).pow(2).mean()
    entropy = dist.entropy().mean()
    total = policy_loss + cfg.value_coef * value_loss - cfg.entropy_coef * entropy
    return total, {"policy": policy_loss.item(), "value": value_loss.item(), "entropy": entropy.item()}
