"""Policy-gradient loss for a batch of discrete actions."""

import rlt
import torch
from rlt.types import Float, Int, Tensor


@rlt.typed
def chosen_log_probs(
    logits: Float[Tensor, "batch n_actions"], actions: Int[Tensor, "batch"]
) -> Float[Tensor, "batch"]:
    logp = torch.log_softmax(logits, dim=-1)
    picked = logp.gather(1, actions.unsqueeze(1))
    return picked.squeeze(1)


@rlt.typed
def reinforce_loss(
    logits: Float[Tensor, "batch n_actions"],
    actions: Int[Tensor, "batch"],
    returns: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    baseline = returns.mean()
    return -(chosen_log_probs(logits, actions) * (returns - baseline)).mean()


def example() -> object:
    return reinforce_loss(torch.randn(6, 3), torch.randint(0, 3, (6,)), torch.randn(6))
