"""Acting with a batched policy, one observation at a time."""

import rlt
import torch
from rlt.types import Float, Int, Tensor
from torch import nn


class QNet(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs_dim, 32), nn.ReLU())
        self.head = nn.Linear(32, n_actions)

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return self.head(self.body(obs))


@rlt.typed
def greedy(net: QNet, obs: Float[Tensor, "obs_dim"]) -> Int[Tensor, ""]:
    with torch.no_grad():
        q = net(obs.unsqueeze(0))
    return q.argmax(dim=1).squeeze(0)


def example() -> object:
    return greedy(QNet(obs_dim=7, n_actions=3), torch.randn(7))
