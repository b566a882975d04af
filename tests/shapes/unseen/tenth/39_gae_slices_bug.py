"""Generalised advantage estimation and the losses of A2C that use it."""

import torch
from torch import nn
from torch.distributions import Categorical

import rlt
from rlt.types import Float, Int64, Tensor


class Critic(rlt.Module):
    def __init__(self, obs_dim: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, obs: Float[Tensor, "*lead obs_dim"]) -> Float[Tensor, "*lead"]:
        return self.net(obs).squeeze(-1)


def gae(
    rewards: Float[Tensor, "time batch"],
    values: Float[Tensor, "time batch"],
    dones: Float[Tensor, "time batch"],
    last_value: Float[Tensor, "batch"],
    gamma: float = 0.99,
    lam: float = 0.95,
) -> Float[Tensor, "time batch"]:
    not_done = 1.0 - dones
    next_values = torch.cat([values, last_value.unsqueeze(0)], dim=0)  # BUG: one step too long, values[1:] is meant
    deltas = rewards + gamma * not_done * next_values - values  # ALSO
    running = torch.zeros_like(last_value)
    advantages: list[Tensor] = []
    for t in reversed(range(rewards.shape[0])):
        running = deltas[t] + gamma * lam * not_done[t] * running
        advantages.insert(0, running)
    return torch.stack(advantages, dim=0)


def a2c_loss(
    critic: Critic,
    logits: Float[Tensor, "time batch n_actions"],
    obs: Float[Tensor, "time batch obs_dim"],
    actions: Int64[Tensor, "time batch"],
    rewards: Float[Tensor, "time batch"],
    dones: Float[Tensor, "time batch"],
    last_obs: Float[Tensor, "batch obs_dim"],
) -> Float[Tensor, ""]:
    values = critic(obs)
    with torch.no_grad():
        advantages = gae(rewards, values, dones, critic(last_obs))  # ALSO
    returns = advantages + values.detach()
    dist = Categorical(logits=logits)
    policy_loss = -(dist.log_prob(actions) * advantages).mean()
    return policy_loss + 0.5 * (values - returns).pow(2).mean() - 0.01 * dist.entropy().mean()
