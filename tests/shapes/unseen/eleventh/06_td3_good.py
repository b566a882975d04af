"""TD3 networks from one builder, and the clipped double-Q target."""

from collections.abc import Sequence

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


def mlp(n_in: int, hidden: Sequence[int], n_out: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    last = n_in
    for width in hidden:
        layers += [nn.Linear(last, width), nn.ReLU()]
        last = width
    layers.append(nn.Linear(last, n_out))
    return nn.Sequential(*layers)


class Actor(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int) -> None:
        super().__init__()
        self.net = mlp(obs_dim, (400, 300), action_dim)

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch action_dim"]:
        return torch.tanh(self.net(obs))


class Critic(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int) -> None:
        super().__init__()
        self.net = mlp(obs_dim + action_dim, (400, 300), 1)

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> Float[Tensor, "batch"]:
        return self.net(torch.cat((obs, action), dim=1)).squeeze(-1)


def td3_target(
    actor: Actor,
    critic1: Critic,
    critic2: Critic,
    next_obs: Float[Tensor, "batch obs_dim"],
    reward: Float[Tensor, "batch"],
    done: Float[Tensor, "batch"],
    noise: float = 0.2,
    gamma: float = 0.99,
) -> Float[Tensor, "batch"]:
    with torch.no_grad():
        action = actor(next_obs)
        eps = (torch.randn_like(action) * noise).clamp(-0.5, 0.5)
        action = (action + eps).clamp(-1.0, 1.0)
        q = torch.minimum(critic1(next_obs, action), critic2(next_obs, action))
        return reward + gamma * (1.0 - done) * q


def actor_loss(actor: Actor, critic: Critic, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, ""]:
    return -critic(obs, actor(obs)).mean()
