import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


def mlp(n_in: int, n_hidden: int, n_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(n_in, n_hidden),
        nn.ReLU(),
        nn.Linear(n_hidden, n_hidden),
        nn.ReLU(),
        nn.Linear(n_hidden, n_out),
    )


class TwinCritic(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, hidden: int = 256) -> None:
        super().__init__()
        self.q1 = mlp(obs_dim + action_dim, hidden, 1)
        self.q2 = mlp(obs_dim + action_dim, hidden, 1)

    @rlt.typed
    def forward(
        self, obs: Float[Tensor, "batch obs_dim"], action: Float[Tensor, "batch action_dim"]
    ) -> tuple[Float[Tensor, "batch"], Float[Tensor, "batch"]]:
        x = torch.cat([obs, action], dim=-1)
        return self.q1(x).squeeze(-1), self.q2(x).squeeze(-1)


def critic_loss(
    critic: TwinCritic,
    obs: Float[Tensor, "batch obs_dim"],
    action: Float[Tensor, "batch action_dim"],
    target: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    q1, q2 = critic(obs, action)
    return ((q1 - target) ** 2).mean() + ((q2 - target) ** 2).mean()
