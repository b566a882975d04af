import torch

import rlt
from rlt.types import Float, Int, Tensor


@rlt.typed
def dqn_loss(
    q: Float[Tensor, "batch n_actions"],
    next_q: Float[Tensor, "batch n_actions"],
    action: Int[Tensor, "batch"],
    reward: Float[Tensor, "batch"],
    done: Float[Tensor, "batch"],
    gamma: float = 0.99,
) -> Float[Tensor, ""]:
    with torch.no_grad():
        target = reward + gamma * (1 - done) * next_q.max(dim=1).values
    chosen = q.gather(1, action.unsqueeze(1)).squeeze(1)
    return (chosen - target).pow(2).mean()


def example() -> object:
    return dqn_loss(
        torch.randn(8, 3), torch.randn(8, 3), torch.randint(0, 3, (8,)), torch.randn(8), torch.zeros(8)
    )
