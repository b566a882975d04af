"""A one-step dynamics model over discrete actions."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int, Tensor


class Dynamics(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 128) -> None:
        super().__init__()
        self.n_actions = n_actions
        self.embed_action = nn.Linear(n_actions, 16, bias=False)
        self.net = nn.Sequential(nn.Linear(obs_dim + 16, hidden), nn.SiLU(), nn.Linear(hidden, obs_dim + 1))

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Int[Tensor, "batch"]
    ) -> tuple[Float[Tensor, "batch obs_dim"], Float[Tensor, "batch"]]:
        one_hot = F.one_hot(action, num_classes=self.n_actions)
        a = self.embed_action(one_hot)  # BUG: one_hot gives int64
        out = self.net(torch.cat((obs, a), dim=1))
        return obs + out[:, :-1], out[:, -1]
