"""Double DQN: the loss of the temporal differences on a batch of transitions."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class QNet(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 128) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(obs_dim, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, n_actions),
        )

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return self.net(obs)


@rlt.typed
def td_loss(
    online: QNet,
    target: QNet,
    obs: Float[Tensor, "batch obs_dim"],
    action: Int64[Tensor, "batch"],
    reward: Float[Tensor, "batch"],
    next_obs: Float[Tensor, "batch obs_dim"],
    done: Float[Tensor, "batch"],
    gamma: float = 0.99,
) -> Float[Tensor, ""]:
    q = online(obs).gather(1, action.unsqueeze(1)).squeeze(1)
    with torch.no_grad():
        best = online(next_obs).argmax(dim=1, keepdim=True)
        next_q = target(next_obs).gather(1, best).squeeze(1)
        y = reward + gamma * (1.0 - done) * next_q
    return F.smooth_l1_loss(q, y)
