import torch
import torch.nn as nn

import rlt
from rlt.types import Float, Tensor


def mlp(sizes, activation=nn.ReLU, output_activation=nn.Identity):
    layers = []
    for j in range(len(sizes) - 1):
        act = activation if j < len(sizes) - 2 else output_activation
        layers += [nn.Linear(sizes[j], sizes[j + 1]), act()]
    return nn.Sequential(*layers)


class TwinCritic(rlt.Module):
    def __init__(self, obs_dim: int, act_dim: int, hidden: int = 64) -> None:
        super().__init__()
        self.q1 = mlp([obs_dim + act_dim, hidden, hidden, 1])
        self.q2 = mlp([obs_dim + act_dim, hidden, hidden, 1])

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], act: Float[Tensor, "batch act_dim"]
    ) -> tuple[Float[Tensor, "batch"], Float[Tensor, "batch"]]:
        sa = torch.cat([obs, act])  # BUG: dim=-1 is missing, the default is 0
        return self.q1(sa).squeeze(-1), self.q2(sa).squeeze(-1)


def example() -> object:
    return TwinCritic(9, 3)(torch.randn(6, 9), torch.randn(6, 3))
