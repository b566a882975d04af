"""Quantile Huber loss between predicted and target quantiles."""

import rlt
import torch
from rlt.types import Float, Tensor


@rlt.typed
def quantile_huber(
    pred: Float[Tensor, "batch n"],
    target: Float[Tensor, "batch m"],
    taus: Float[Tensor, "batch n"],
    kappa: float = 1.0,
) -> Float[Tensor, "batch"]:
    td = target[:, None, :] - pred[:, :, None]
    abs_td = td.abs()
    huber = torch.where(abs_td <= kappa, 0.5 * td.pow(2), kappa * (abs_td - 0.5 * kappa))
    weight = (taus[:, None, :] - (td.detach() < 0).float()).abs()  # BUG: td is [batch, n, m]; taus go on axis 1
    return (weight * huber / kappa).mean(dim=2).sum(dim=1)


def example() -> object:
    return quantile_huber(torch.randn(3, 8), torch.randn(3, 16), torch.rand(3, 8))
