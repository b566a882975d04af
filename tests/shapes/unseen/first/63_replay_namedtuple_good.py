"""Sampling from a replay buffer of flat tensors."""

from typing import NamedTuple

import rlt
import torch
from rlt.types import Float, Int, Tensor


class Batch(NamedTuple):
    obs: Float[Tensor, "batch obs_dim"]
    action: Int[Tensor, "batch"]
    reward: Float[Tensor, "batch"]


@rlt.typed
def sample(
    obs: Float[Tensor, "capacity obs_dim"],
    action: Int[Tensor, "capacity"],
    reward: Float[Tensor, "capacity 1"],
    index: Int[Tensor, "batch"],
) -> Batch:
    """Picks the rows of one minibatch."""
    picked = reward[index].squeeze(1)
    return Batch(obs=obs[index], action=action[index], reward=picked)


def example() -> object:
    n = 20
    return sample(torch.randn(n, 4), torch.randint(0, 3, (n,)), torch.randn(n, 1), torch.randint(0, n, (5,)))
