"""PPO's clipped losses for a Gaussian policy."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.distributions import Independent, Normal

import rlt
from rlt.types import Float, Tensor


@dataclass(frozen=True)
class PPOConfig:
    clip: float = 0.2
    vf_coef: float = 0.5
    clip_value: bool = True


class ActorCritic(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, width: int = 64) -> None:
        super().__init__()
        self.actor = nn.Sequential(nn.Linear(obs_dim, width), nn.Tanh(), nn.Linear(width, action_dim))
        self.critic = nn.Sequential(nn.Linear(obs_dim, width), nn.Tanh(), nn.Linear(width, 1))
        self.log_std = nn.Parameter(torch.zeros(action_dim))

    def policy(self, obs: Tensor) -> Independent:
        return Independent(Normal(self.actor(obs), self.log_std.exp()), 1)

    def value(self, obs: Tensor) -> Tensor:
        return self.critic(obs)  # BUG: stays (batch, 1), which broadcasts against (batch,) in the loss


def value_loss(
    cfg: PPOConfig, value: Tensor, old_value: Tensor, returns: Float[Tensor, "batch"]
) -> Float[Tensor, "batch"]:
    error = (value - returns).pow(2)  # ALSO
    if not cfg.clip_value:
        return error  # ALSO
    clipped = old_value + (value - old_value).clamp(-cfg.clip, cfg.clip)  # ALSO
    return torch.maximum(error, (clipped - returns).pow(2))  # ALSO


def ppo_loss(
    model: ActorCritic,
    cfg: PPOConfig,
    obs: Float[Tensor, "batch obs_dim"],
    action: Float[Tensor, "batch action_dim"],
    old_log_prob: Float[Tensor, "batch"],
    old_value: Float[Tensor, "batch"],
    advantage: Float[Tensor, "batch"],
    returns: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    ratio = (model.policy(obs).log_prob(action) - old_log_prob).exp()
    surrogate = torch.min(ratio * advantage, ratio.clamp(1 - cfg.clip, 1 + cfg.clip) * advantage)
    vf = value_loss(cfg, model.value(obs), old_value, returns)  # ALSO
    return (cfg.vf_coef * vf - surrogate).mean()  # ALSO
