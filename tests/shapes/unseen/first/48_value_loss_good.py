"""Actor-critic losses from one batch."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Tensor


@rlt.typed
def losses(
    logp: Float[Tensor, "batch"],
    entropy: Float[Tensor, "batch"],
    values: Float[Tensor, "batch 1"],
    returns: Float[Tensor, "batch"],
    entropy_coef: float = 0.01,
) -> dict[str, Float[Tensor, ""]]:
    baseline = values.detach().squeeze(-1)
    policy = -(logp * (returns - baseline)).mean()
    value = F.mse_loss(values.squeeze(-1), returns)
    total = policy + 0.5 * value - entropy_coef * entropy.mean()
    return {"policy": policy, "value": value, "total": total}


def example() -> object:
    torch.manual_seed(0)
    n = 6
    return losses(torch.randn(n), torch.rand(n), torch.randn(n, 1), torch.randn(n))
