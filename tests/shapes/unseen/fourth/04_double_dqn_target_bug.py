"""The double-DQN target for a small Q-network."""

import torch
from torch import nn

import rlt
from rlt.types import Bool, Float, Tensor


class QNet(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(obs_dim, 64), nn.ReLU(), nn.Linear(64, n_actions))

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return self.net(obs)


@rlt.typed
def td_target(
    q_next: Float[Tensor, "batch actions"],
    q_next_target: Float[Tensor, "batch actions"],
    reward: Float[Tensor, "batch"],
    done: Bool[Tensor, "batch"],
    gamma: float = 0.99,
) -> Float[Tensor, "batch"]:
    with torch.no_grad():
        best = q_next.argmax(dim=1, keepdim=True)
        value = q_next_target.gather(1, best)  # BUG: stays [batch, 1], the sum below becomes [batch, batch]
        return reward + gamma * value * (~done).float()  # ALSO
