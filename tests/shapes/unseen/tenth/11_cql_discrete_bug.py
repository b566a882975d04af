"""Conservative Q-learning with discrete actions, from a fixed data set."""

from collections.abc import Iterator, Mapping

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Int64, Tensor
from torch import nn

ALPHA = 1.0
GAMMA = 0.99


class QFunction(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, *, width: int = 128, layer_norm: bool = True) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Linear(obs_dim, width)]
        if layer_norm:
            layers.append(nn.LayerNorm(width))
        layers += [nn.ReLU(), nn.Linear(width, n_actions)]
        self.net = nn.Sequential(*layers)

    def forward(self, obs: Float[Tensor, "batch obs_dim"]) -> Float[Tensor, "batch n_actions"]:
        return self.net(obs)


def conservative_gap(
    q: Float[Tensor, "batch n_actions"], actions: Int64[Tensor, "batch"]
) -> Float[Tensor, "batch"]:
    """How much the soft maximum lies above the value of the data's action."""
    data_q = q.gather(1, actions.unsqueeze(1)).squeeze(1)
    soft_max = torch.logsumexp(q, dim=0)  # BUG: reduces over the batch, gives (n_actions,)
    return soft_max - data_q  # ALSO


def minibatches(data: Mapping[str, Tensor], size: int) -> Iterator[dict[str, Tensor]]:
    n = data["obs"].shape[0]
    order = torch.randperm(n)
    for start in range(0, n - size + 1, size):
        index = order[start : start + size]
        yield {key: value[index] for key, value in data.items()}


def cql_loss(
    net: QFunction,
    target: QFunction,
    obs: Float[Tensor, "batch obs_dim"],
    actions: Int64[Tensor, "batch"],
    rewards: Float[Tensor, "batch"],
    next_obs: Float[Tensor, "batch obs_dim"],
    terminal: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    q = net(obs)
    with torch.no_grad():
        goal = rewards + GAMMA * (1 - terminal) * target(next_obs).amax(dim=1)
    bellman = F.mse_loss(q.gather(1, actions.unsqueeze(1)).squeeze(1), goal)
    return bellman + ALPHA * conservative_gap(q, actions).mean()  # ALSO
