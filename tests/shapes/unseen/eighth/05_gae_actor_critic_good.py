import torch
from torch import nn

import rlt
from rlt.types import Bool, Float, Tensor


class ValueNetwork(rlt.Module):
    def __init__(self, obs_dim: int, width: int = 64) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs_dim, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh())
        self.head = nn.Linear(width, 1)

    def forward(self, obs: Float[Tensor, "steps envs obs_dim"]) -> Float[Tensor, "steps envs"]:
        return self.head(self.body(obs)).squeeze(-1)


@torch.no_grad()
def compute_gae(
    rewards: Float[Tensor, "steps envs"],
    values: Float[Tensor, "steps envs"],
    dones: Bool[Tensor, "steps envs"],
    last_value: Float[Tensor, "envs"],
    gamma: float = 0.99,
    lam: float = 0.95,
) -> tuple[Float[Tensor, "steps envs"], Float[Tensor, "steps envs"]]:
    """Generalised advantage estimates and the returns that the critic is fitted to."""
    n_steps, n_envs = rewards.shape
    alive = (~dones).float()
    advantages = torch.zeros_like(rewards)
    running = torch.zeros(n_envs, device=rewards.device)
    next_value = last_value
    for t in reversed(range(n_steps)):
        delta = rewards[t] + gamma * next_value * alive[t] - values[t]
        running = delta + gamma * lam * alive[t] * running
        advantages[t] = running
        next_value = values[t]
    return advantages, advantages + values


def critic_loss(
    critic: ValueNetwork, obs: Float[Tensor, "steps envs obs_dim"], returns: Float[Tensor, "steps envs"]
) -> Float[Tensor, ""]:
    return 0.5 * (critic(obs) - returns).square().mean()
