"""TD3 with an ensemble of critics in a ModuleList."""
from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import rlt
from rlt.types import Float

HIDDEN = (256, 256)
NOISE, NOISE_CLIP = 0.2, 0.5


def build_mlp(n_in: int, hidden: Sequence[int], n_out: int, final: nn.Module | None = None) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in hidden:
        layers += [nn.Linear(n_in, width), nn.ReLU()]
        n_in = width
    layers.append(nn.Linear(n_in, n_out))
    if final is not None:
        layers.append(final)
    return nn.Sequential(*layers)


class Actor(rlt.Module):
    def __init__(self, obs_dim: int, act_dim: int, max_action: float = 1.0) -> None:
        super().__init__()
        self.net = build_mlp(obs_dim, HIDDEN, act_dim, nn.Tanh())
        self.max_action = max_action

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch act_dim"]:
        return self.max_action * self.net(obs)


class CriticEnsemble(rlt.Module):
    def __init__(self, obs_dim: int, act_dim: int, n_critics: int = 2) -> None:
        super().__init__()
        self.critics = nn.ModuleList([build_mlp(obs_dim + act_dim, HIDDEN, 1) for _ in range(n_critics)])

    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], act: Float[Tensor, "batch act_dim"]
    ) -> Float[Tensor, "n_critics batch"]:
        x = torch.cat([obs, act], dim=1)
        return torch.stack([critic(x).squeeze(-1) for critic in self.critics], dim=0)


def critic_loss(
    actor_target: Actor,
    critic: CriticEnsemble,
    critic_target: CriticEnsemble,
    obs: Float[Tensor, "batch obs_dim"],
    act: Float[Tensor, "batch act_dim"],
    reward: Float[Tensor, "batch"],
    next_obs: Float[Tensor, "batch obs_dim"],
    done: Float[Tensor, "batch"],
    gamma: float = 0.99,
) -> Float[Tensor, ""]:
    with torch.no_grad():
        noise = (torch.randn_like(act) * NOISE).clamp(-NOISE_CLIP, NOISE_CLIP)
        next_act = (actor_target(next_obs) + noise).clamp(-1.0, 1.0)
        next_q = critic_target(next_obs, next_act).min(dim=0).values
        target = reward + gamma * (1 - done) * next_q
    q = critic(obs, act)
    return F.mse_loss(q, target.expand_as(q))
