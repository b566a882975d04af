"""Log-probability and entropy of a diagonal Gaussian policy."""

import math

import rlt
import torch
from rlt.types import Float, Tensor

LOG_2PI = math.log(2 * math.pi)


@rlt.typed
def log_prob(
    mean: Float[Tensor, "batch act_dim"],
    log_std: Float[Tensor, "act_dim"],
    action: Float[Tensor, "batch act_dim"],
) -> Float[Tensor, "batch"]:
    z = (action - mean) * torch.exp(-log_std)
    per_dim = -0.5 * z.square() - log_std - 0.5 * LOG_2PI
    return per_dim.sum(-1)


@rlt.typed
def entropy(log_std: Float[Tensor, "act_dim"]) -> Float[Tensor, ""]:
    return (log_std + 0.5 * (1.0 + LOG_2PI)).sum()


def example() -> object:
    log_std = torch.zeros(3)
    return log_prob(torch.randn(4, 3), log_std, torch.randn(4, 3)), entropy(log_std)
