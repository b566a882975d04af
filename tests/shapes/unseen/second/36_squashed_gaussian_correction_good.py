import math

import torch
import torch.nn.functional as F

import rlt
from rlt.types import Float, Tensor


@rlt.typed
def squashed_sample(
    mean: Float[Tensor, "batch act"], log_std: Float[Tensor, "batch act"]
) -> tuple[Float[Tensor, "batch act"], Float[Tensor, "batch"]]:
    """Reparameterised tanh-Gaussian action and its log-probability."""
    log_std = torch.clamp(log_std, -20, 2)
    noise = torch.randn_like(mean)
    u = mean + log_std.exp() * noise
    logp = (-0.5 * noise.pow(2) - log_std - 0.5 * math.log(2 * math.pi)).sum(-1)
    correction = 2 * (math.log(2) - u - F.softplus(-2 * u))
    logp = logp - correction.sum(-1)
    return torch.tanh(u), logp


def example() -> object:
    return squashed_sample(torch.randn(6, 3), torch.zeros(6, 3))
