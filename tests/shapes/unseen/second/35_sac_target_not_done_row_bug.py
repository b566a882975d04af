import torch

import rlt
from rlt.types import Bool, Float, Tensor


@torch.no_grad()
@rlt.typed
def sac_target(
    reward: Float[Tensor, "batch"],
    terminated: Bool[Tensor, "batch"],
    q1: Float[Tensor, "batch 1"],
    q2: Float[Tensor, "batch 1"],
    next_logp: Float[Tensor, "batch 1"],
    alpha: float = 0.2,
    gamma: float = 0.99,
) -> Float[Tensor, "batch 1"]:
    soft_v = torch.minimum(q1, q2) - alpha * next_logp
    not_done = (~terminated).float()  # BUG: also has to become a column
    return reward.unsqueeze(-1) + gamma * not_done * soft_v  # ALSO


def example() -> object:
    return sac_target(
        torch.randn(7), torch.zeros(7, dtype=torch.bool), torch.randn(7, 1), torch.randn(7, 1), torch.randn(7, 1)
    )
