"""PPO with a diagonal Gaussian policy: the clipped surrogate."""

from dataclasses import dataclass

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn
from torch.distributions import Normal


@dataclass(frozen=True)
class PPOConfig:
    clip: float = 0.2
    entropy_coef: float = 0.0
    value_coef: float = 0.5


@dataclass
class Rollout:
    obs: Float[Tensor, "batch obs_dim"]
    action: Float[Tensor, "batch action_dim"]
    log_prob: Float[Tensor, "batch"]
    advantage: Float[Tensor, "batch"]
    returns: Float[Tensor, "batch"]


class ActorBase(rlt.Module):
    def __init__(self, obs_dim: int, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs_dim, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh())


class GaussianActorCritic(ActorBase):
    def __init__(self, obs_dim: int, action_dim: int, width: int = 64) -> None:
        super().__init__(obs_dim, width)
        self.mean = nn.Linear(width, action_dim)
        self.log_std = nn.Parameter(torch.full((action_dim,), -0.5))
        self.critic = nn.Linear(width, 1)

    def dist(self, features: Tensor) -> Normal:
        return Normal(self.mean(features), self.log_std.exp())

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> tuple[Float[Tensor, "batch"], Float[Tensor, "batch"], Float[Tensor, "batch"]]:
        features = self.body(obs)
        dist = self.dist(features)
        log_prob = dist.log_prob(action)  # BUG: one for each action dimension, needs .sum(dim=-1)
        return log_prob, dist.entropy().sum(dim=-1), self.critic(features).squeeze(-1)  # ALSO


def ppo_loss(net: GaussianActorCritic, data: Rollout, cfg: PPOConfig) -> Float[Tensor, ""]:
    log_prob, entropy, value = net(data.obs, data.action)
    adv = (data.advantage - data.advantage.mean()) / (data.advantage.std() + 1e-8)
    ratio = torch.exp(log_prob - data.log_prob)  # ALSO
    surrogate = torch.min(ratio * adv, ratio.clamp(1 - cfg.clip, 1 + cfg.clip) * adv)
    value_loss = (value - data.returns).square().mean()
    return -surrogate.mean() + cfg.value_coef * value_loss - cfg.entropy_coef * entropy.mean()
