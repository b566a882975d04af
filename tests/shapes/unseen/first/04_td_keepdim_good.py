"""One-step Q-learning error."""

import rlt
import torch
from rlt.types import Bool, Float, Int, Tensor

GAMMA = 0.99


@rlt.typed
def td_error(
    q: Float[Tensor, "batch n_actions"],
    next_q: Float[Tensor, "batch n_actions"],
    action: Int[Tensor, "batch"],
    reward: Float[Tensor, "batch"],
    done: Bool[Tensor, "batch"],
) -> Float[Tensor, "batch"]:
    chosen = q.gather(1, action.unsqueeze(1)).squeeze(1)
    with torch.no_grad():
        best = next_q.max(dim=1).values
        target = reward + GAMMA * (~done).float() * best
    return target - chosen


def example() -> object:
    n = 6
    done = torch.zeros(n, dtype=torch.bool)
    return td_error(torch.randn(n, 4), torch.randn(n, 4), torch.randint(0, 4, (n,)), torch.randn(n), done)
