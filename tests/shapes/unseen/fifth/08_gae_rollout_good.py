"""Generalised advantage estimation over a rollout of parallel environments."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Critic(rlt.Module):
    def __init__(self, obs_dim: int, hidden: int = 64) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, hidden), nn.Tanh(), nn.Linear(hidden, 1))

    @rlt.typed
    def forward(self, obs: Float[Tensor, "*shape obs_dim"]) -> Float[Tensor, "*shape"]:
        return self.net(obs).squeeze(-1)


@rlt.typed
def advantages(
    critic: Critic,
    obs: Float[Tensor, "steps envs obs_dim"],
    last_obs: Float[Tensor, "envs obs_dim"],
    rewards: Float[Tensor, "steps envs"],
    dones: Float[Tensor, "steps envs"],
    gamma: float = 0.99,
    lam: float = 0.95,
) -> tuple[Float[Tensor, "steps envs"], Float[Tensor, "steps envs"]]:
    steps, n_envs = rewards.shape
    with torch.no_grad():
        values = critic(obs)
        bootstrap = critic(last_obs)
    all_values = torch.cat([values, bootstrap.unsqueeze(0)])
    alive = 1.0 - dones
    deltas = rewards + gamma * alive * all_values[1:] - all_values[:-1]
    running = torch.zeros(n_envs, device=rewards.device)
    out = []
    for t in reversed(range(steps)):
        running = deltas[t] + gamma * lam * alive[t] * running
        out.append(running)
    adv = torch.stack(out[::-1])
    return adv, adv + values
