import torch

import rlt
from rlt.types import Float, Tensor


@rlt.typed
def ppo_loss(
    log_prob: Float[Tensor, "batch"],
    old_log_prob: Float[Tensor, "batch"],
    advantage: Float[Tensor, "batch"],
    value: Float[Tensor, "batch 1"],
    returns: Float[Tensor, "batch"],
    clip: float = 0.2,
    vf_coef: float = 0.5,
) -> Float[Tensor, ""]:
    advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
    ratio = (log_prob - old_log_prob).exp()
    unclipped = ratio * advantage
    clipped = ratio.clamp(1 - clip, 1 + clip) * advantage
    policy_loss = -torch.min(unclipped, clipped).mean()
    value_loss = ((value.squeeze(-1) - returns) ** 2).mean()
    return policy_loss + vf_coef * value_loss


def example() -> object:
    return ppo_loss(
        torch.randn(10), torch.randn(10), torch.randn(10), torch.randn(10, 1), torch.randn(10)
    )
