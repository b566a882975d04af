"""The critic target of TD3."""

from dataclasses import dataclass

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


@dataclass
class Batch:
    next_obs: Float[Tensor, "batch obs_dim"]
    reward: Float[Tensor, "batch"]
    done: Float[Tensor, "batch"]


class Critic(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, hidden: int = 64) -> None:
        super().__init__()
        self.q1 = nn.Sequential(nn.Linear(obs_dim + action_dim, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        self.q2 = nn.Sequential(nn.Linear(obs_dim + action_dim, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> tuple[Float[Tensor, "batch 1"], Float[Tensor, "batch 1"]]:
        x = torch.cat([obs, action], -1)
        return self.q1(x), self.q2(x)


@rlt.typed
def critic_target(
    critic: Critic, data: Batch, next_action: Float[Tensor, "batch action_dim"], gamma: float = 0.99
) -> Float[Tensor, "batch"]:
    with torch.no_grad():
        a, b = critic(data.next_obs, next_action)
        q = torch.min(a, b).squeeze(-1)
        return data.reward + gamma * (1.0 - data.done) * q


def example() -> object:
    data = Batch(torch.randn(5, 4), torch.randn(5), torch.zeros(5))
    return critic_target(Critic(4, 2), data, torch.randn(5, 2))
