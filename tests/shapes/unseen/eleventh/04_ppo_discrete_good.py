"""PPO for discrete actions with a shared torso and two heads."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Categorical

import rlt
from rlt.types import Float, Int64, Tensor


@dataclass
class PPOConfig:
    clip: float = 0.2
    value_weight: float = 0.5
    entropy_weight: float = 0.01
    normalise: bool = True


class ActorCritic(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 64) -> None:
        super().__init__()
        self.torso = nn.Sequential(nn.Linear(obs_dim, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.pi = nn.Linear(hidden, n_actions)
        self.v = nn.Linear(hidden, 1)

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"]
    ) -> tuple[Float[Tensor, "batch n_actions"], Float[Tensor, "batch 1"]]:
        h = self.torso(obs)
        return self.pi(h), self.v(h)


def ppo_update_loss(
    net: ActorCritic,
    obs: Float[Tensor, "batch obs_dim"],
    actions: Int64[Tensor, "batch"],
    old_log_probs: Float[Tensor, "batch"],
    advantages: Float[Tensor, "batch"],
    returns: Float[Tensor, "batch"],
    cfg: PPOConfig,
) -> Float[Tensor, ""]:
    logits, values = net(obs)
    dist = Categorical(logits=logits)
    if cfg.normalise:
        advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = torch.exp(dist.log_prob(actions) - old_log_probs)
    unclipped = ratio * advantages
    clipped = ratio.clamp(1 - cfg.clip, 1 + cfg.clip) * advantages
    policy_loss = -torch.minimum(unclipped, clipped).mean()
    value_loss = F.mse_loss(values.squeeze(-1), returns)
    return policy_loss + cfg.value_weight * value_loss - cfg.entropy_weight * dist.entropy().mean()
