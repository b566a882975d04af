import torch

import rlt
from rlt.types import Float, Int, Tensor


@rlt.typed
def reinforce_logit_grad(
    logits: Float[Tensor, "batch n_actions"],
    action: Int[Tensor, "batch"],
    advantage: Float[Tensor, "batch"],
) -> Float[Tensor, "batch n_actions"]:
    """Closed-form gradient of the policy-gradient loss with respect to the logits."""
    probs = torch.softmax(logits, dim=-1)
    taken = torch.zeros_like(probs)
    taken = taken.scatter(1, action.unsqueeze(1), 1.0)
    return (probs - taken) * advantage[:, None] / logits.shape[0]


def example() -> object:
    return reinforce_logit_grad(torch.randn(6, 4), torch.randint(0, 4, (6,)), torch.randn(6))
