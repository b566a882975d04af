import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class DuelingNetwork(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, width: int = 128):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Linear(obs_dim, width),
            nn.LayerNorm(width),
            nn.ReLU(),
        )
        self.advantage = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, n_actions))
        self.value = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        h = self.trunk(obs)
        adv = self.advantage(h)
        val = self.value(h)
        baseline = adv.mean(dim=1)  # BUG: without keepdim the mean does not line up with the batch
        return val + adv - baseline  # ALSO


def double_dqn_target(
    online: DuelingNetwork,
    target: DuelingNetwork,
    next_obs: Float[Tensor, "batch obs_dim"],
    reward: Float[Tensor, "batch"],
    done: Float[Tensor, "batch"],
    gamma: float,
) -> Float[Tensor, "batch"]:
    with torch.no_grad():
        best: Int64[Tensor, "batch 1"] = online(next_obs).argmax(dim=1, keepdim=True)
        q = target(next_obs).gather(1, best).squeeze(1)
        return reward + gamma * (1 - done) * q
