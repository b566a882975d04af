"""Generalised advantage estimation on a rollout, and the critic whose values it takes."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Critic(rlt.Module):
    def __init__(self, obs_dim: int, hidden: int = 64) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, hidden), nn.Tanh(), nn.Linear(hidden, 1))

    @rlt.typed
    def forward(self, obs: Float[Tensor, "*lead obs_dim"]) -> Float[Tensor, "*lead"]:
        return self.net(obs).squeeze(-1)


@torch.no_grad()
def gae(
    critic: Critic,
    rewards: Float[Tensor, "steps envs"],
    dones: Float[Tensor, "steps envs"],
    obs: Float[Tensor, "steps+1 envs obs_dim"],
    gamma: float = 0.99,
    lam: float = 0.95,
) -> tuple[Float[Tensor, "steps envs"], Float[Tensor, "steps envs"]]:
    values = critic(obs)
    alive = 1.0 - dones
    deltas = rewards + gamma * values[1:] * alive - values[:-1]
    advantages = torch.zeros_like(rewards)
    running = torch.zeros_like(rewards[0])
    for t in reversed(range(rewards.shape[0])):
        running = deltas[t] + gamma * lam * alive[t] * running
        advantages[t] = running
    return advantages, advantages + values[:-1]
