"""Twin critics of soft actor-critic."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


def q_head(n_in: int, hidden: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(n_in, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 1)
    )


class TwinCritic(rlt.Module):
    def __init__(self, obs_dim: int, act_dim: int, hidden: int = 256) -> None:
        super().__init__()
        self.q1 = q_head(obs_dim + act_dim, hidden)
        self.q2 = q_head(obs_dim + act_dim, hidden)

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], act: Float[Tensor, "batch act_dim"]
    ) -> tuple[Float[Tensor, "batch"], Float[Tensor, "batch"]]:
        x = torch.cat([obs, act], dim=-1)
        return self.q1(x).squeeze(-1), self.q2(x).squeeze(-1)


def example() -> object:
    return TwinCritic(obs_dim=17, act_dim=6)(torch.randn(4, 17), torch.randn(4, 6))
