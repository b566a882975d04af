"""Double Q-learning target with an online and a target network."""

import rlt
import torch
from rlt.types import Float, Int, Tensor
from torch import nn


class QNetwork(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 64) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, hidden), nn.ReLU(), nn.Linear(hidden, n_actions))

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return self.net(obs)

    @rlt.typed
    def greedy(self, obs: Float[Tensor, "batch obs_dim"]) -> Int[Tensor, "batch"]:
        return self(obs).argmax(dim=1)


@rlt.typed
def double_q_value(
    online: QNetwork, target: QNetwork, next_obs: Float[Tensor, "batch obs_dim"]
) -> Float[Tensor, "batch"]:
    actions = online.greedy(next_obs)
    return target(next_obs).gather(1, actions.unsqueeze(1)).squeeze(1)


def example() -> object:
    return double_q_value(QNetwork(6, 3), QNetwork(6, 3), torch.randn(5, 6))
