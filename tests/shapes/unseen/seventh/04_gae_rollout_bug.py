import torch
from torch import nn

import rlt
from rlt.types import Bool, Float, Tensor


class ValueNet(rlt.Module):
    def __init__(self, obs_dim: int, hidden: int = 64) -> None:
        super().__init__()
        self.fc1 = nn.Linear(obs_dim, hidden)
        self.fc2 = nn.Linear(hidden, 1)

    def forward(self, obs: Float[Tensor, "*lead obs_dim"]) -> Float[Tensor, "*lead"]:
        return self.fc2(torch.tanh(self.fc1(obs))).squeeze(-1)


def gae(
    rewards: Float[Tensor, "steps envs"],
    values: Float[Tensor, "steps envs"],
    last_value: Float[Tensor, "envs"],
    dones: Bool[Tensor, "steps envs"],
    gamma: float = 0.99,
    lam: float = 0.95,
) -> tuple[Float[Tensor, "steps envs"], Float[Tensor, "steps envs"]]:
    alive = 1.0 - dones.float()
    next_values = torch.cat([values[1:], last_value], dim=0)  # BUG: last_value lacks the axis of the steps
    deltas = rewards + gamma * alive * next_values - values  # ALSO
    advantages = torch.zeros_like(rewards)
    running = torch.zeros_like(last_value)
    for t in reversed(range(rewards.shape[0])):
        running = deltas[t] + gamma * lam * alive[t] * running
        advantages[t] = running
    return advantages, advantages + values


def rollout_targets(
    net: ValueNet,
    obs: Float[Tensor, "steps envs obs_dim"],
    last_obs: Float[Tensor, "envs obs_dim"],
    rewards: Float[Tensor, "steps envs"],
    dones: Bool[Tensor, "steps envs"],
) -> tuple[Float[Tensor, "steps envs"], Float[Tensor, "steps envs"]]:
    with torch.no_grad():
        return gae(rewards, net(obs), net(last_obs), dones)
