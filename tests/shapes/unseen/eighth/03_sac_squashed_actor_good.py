import math

import torch
from torch import nn
from torch.distributions import Normal
from torch.nn import functional as F

import rlt
from rlt.types import Float, Tensor

LOG_STD_MIN, LOG_STD_MAX = -5.0, 2.0


class SquashedActor(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, width: int = 256) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(obs_dim, width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Linear(width, 2 * action_dim),
        )

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"]
    ) -> tuple[Float[Tensor, "batch action_dim"], Float[Tensor, "batch action_dim"]]:
        mean, log_std = self.net(obs).chunk(2, dim=-1)
        return mean, log_std.clamp(LOG_STD_MIN, LOG_STD_MAX)

    def sample(
        self, obs: Float[Tensor, "batch obs_dim"]
    ) -> tuple[Float[Tensor, "batch action_dim"], Float[Tensor, "batch"]]:
        mean, log_std = self(obs)
        dist = Normal(mean, log_std.exp())
        u = dist.rsample()
        correction = 2.0 * (math.log(2.0) - u - F.softplus(-2.0 * u))
        return torch.tanh(u), (dist.log_prob(u) - correction).sum(dim=-1)


class Critic(nn.Module):
    def __init__(self, obs_dim: int, action_dim: int, width: int = 256) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim + action_dim, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(self, obs: Tensor, action: Tensor) -> Tensor:
        return self.net(torch.cat([obs, action], dim=-1)).squeeze(-1)


def actor_loss(actor: SquashedActor, critic: Critic, obs: Float[Tensor, "batch obs_dim"], alpha: float) -> Float[Tensor, ""]:
    action, log_prob = actor.sample(obs)
    return (alpha * log_prob - critic(obs, action)).mean()
