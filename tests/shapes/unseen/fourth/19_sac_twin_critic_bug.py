"""SAC's twin critics, and the target from their minimum."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


def mlp(sizes: list[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class TwinCritic(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, hidden: int = 256) -> None:
        super().__init__()
        self.q1 = mlp([obs_dim + action_dim, hidden, hidden, 1])
        self.q2 = mlp([obs_dim, hidden, hidden, 1])  # BUG: a critic reads the action as well

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> tuple[Float[Tensor, "batch"], Float[Tensor, "batch"]]:
        x = torch.cat([obs, action], dim=-1)
        return self.q1(x).squeeze(-1), self.q2(x).squeeze(-1)  # ALSO


@rlt.typed
def soft_target(
    critic: TwinCritic,
    next_obs: Float[Tensor, "batch obs_dim"],
    next_action: Float[Tensor, "batch action_dim"],
    log_prob: Float[Tensor, "batch"],
    reward: Float[Tensor, "batch"],
    alpha: float = 0.2,
    gamma: float = 0.99,
) -> Float[Tensor, "batch"]:
    q1, q2 = critic(next_obs, next_action)
    return reward + gamma * (torch.min(q1, q2) - alpha * log_prob)
