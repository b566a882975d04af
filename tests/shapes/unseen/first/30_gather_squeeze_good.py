"""DQN loss with a target network's values already at hand."""

import rlt
import torch
from rlt.types import Float, Int, Tensor


@rlt.typed
def dqn_loss(
    q_values: Float[Tensor, "batch n_actions"],
    next_q_values: Float[Tensor, "batch n_actions"],
    actions: Int[Tensor, "batch"],
    rewards: Float[Tensor, "batch"],
    not_done: Float[Tensor, "batch"],
    gamma: float = 0.99,
) -> Float[Tensor, ""]:
    predicted = q_values.gather(1, actions.view(-1, 1)).squeeze(1)
    bootstrap = next_q_values.amax(dim=1)
    target = rewards + gamma * not_done * bootstrap
    delta = predicted - target.detach()
    return 0.5 * delta.pow(2).mean()


def example() -> object:
    torch.manual_seed(0)
    n = 7
    return dqn_loss(torch.randn(n, 3), torch.randn(n, 3), torch.randint(0, 3, (n,)), torch.randn(n), torch.ones(n))
