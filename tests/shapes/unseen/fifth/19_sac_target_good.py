"""Soft actor-critic: squashed Gaussian policy, twin critics and the critics' target."""

import torch
from torch import nn
from torch.distributions import Normal

import rlt
from rlt.types import Float, Tensor


class Actor(rlt.Module):
    def __init__(self, obs_dim: int, act_dim: int, hidden: int = 256) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs_dim, hidden), nn.ReLU(), nn.Linear(hidden, 2 * act_dim))

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> tuple[Tensor, Tensor]:
        mean, log_std = self.body(obs).chunk(2, dim=-1)
        dist = Normal(mean, log_std.clamp(-5, 2).exp())
        raw = dist.rsample()
        action = raw.tanh()
        log_prob = (dist.log_prob(raw) - torch.log(1 - action.pow(2) + 1e-6)).sum(-1)
        return action, log_prob


class Critic(rlt.Module):
    def __init__(self, obs_dim: int, act_dim: int, hidden: int = 256) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim + act_dim, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch act_dim"]
    ) -> Float[Tensor, "batch"]:
        return self.net(torch.cat([obs, action], dim=-1)).squeeze(-1)


@torch.no_grad()
def critic_target(
    actor: Actor,
    critic1: Critic,
    critic2: Critic,
    next_obs: Float[Tensor, "batch obs_dim"],
    reward: Float[Tensor, "batch"],
    done: Float[Tensor, "batch"],
    alpha: float = 0.2,
) -> Float[Tensor, "batch"]:
    action, log_prob = actor(next_obs)
    q = torch.minimum(critic1(next_obs, action), critic2(next_obs, action))
    return reward + 0.99 * (1.0 - done) * (q - alpha * log_prob)
