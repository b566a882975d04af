"""Observation normalisation with running statistics."""

import rlt
import torch
from rlt.types import Float, Tensor


@rlt.typed
def batch_moments(obs: Float[Tensor, "batch obs_dim"]) -> tuple[Float[Tensor, "obs_dim"], Float[Tensor, "obs_dim"]]:
    mean = obs.mean(dim=0)
    var = obs.var(dim=0, unbiased=False)
    return mean, var


@rlt.typed
def update(
    mean: Float[Tensor, "obs_dim"], var: Float[Tensor, "obs_dim"], obs: Float[Tensor, "batch obs_dim"], tau: float
) -> tuple[Float[Tensor, "obs_dim"], Float[Tensor, "obs_dim"]]:
    new_mean, new_var = batch_moments(obs)
    mean = mean + tau * (new_mean - mean)
    var = var + tau * (new_var - var)
    return mean, var


def example() -> object:
    return update(torch.zeros(4), torch.ones(4), torch.randn(16, 4), 0.01)
