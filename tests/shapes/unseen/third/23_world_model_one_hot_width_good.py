"""One-step dynamics model: predicts the next observation and the reward."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int, Tensor


class Dynamics(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 200) -> None:
        super().__init__()
        self.n_actions = n_actions
        self.trunk = nn.Sequential(
            nn.Linear(obs_dim + n_actions, hidden),
            nn.ELU(),
            nn.Linear(hidden, hidden),
            nn.ELU(),
        )
        self.delta = nn.Linear(hidden, obs_dim)
        self.reward = nn.Linear(hidden, 1)

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Int[Tensor, "batch"]
    ) -> tuple[Float[Tensor, "batch obs_dim"], Float[Tensor, "batch"]]:
        a = F.one_hot(action, self.n_actions).float()
        h = self.trunk(torch.cat([obs, a], dim=-1))
        return obs + self.delta(h), self.reward(h).squeeze(-1)
