"""Normalise the advantages of each environment over its own rollout."""

import torch

import rlt
from rlt.types import Float, Tensor


@rlt.typed
def normalise_advantages(
    advantages: Float[Tensor, "n_envs n_steps"], eps: float = 1e-8
) -> Float[Tensor, "n_envs n_steps"]:
    mean = advantages.mean(dim=1, keepdim=True)
    std = advantages.std(dim=1, keepdim=True)
    return (advantages - mean) / (std + eps)


@rlt.typed
def surrogate(
    log_ratio: Float[Tensor, "n_envs n_steps"],
    advantages: Float[Tensor, "n_envs n_steps"],
    clip: float = 0.2,
) -> Float[Tensor, ""]:
    ratio = log_ratio.exp()
    adv = normalise_advantages(advantages)
    clipped = ratio.clamp(1 - clip, 1 + clip)
    return -torch.min(ratio * adv, clipped * adv).mean()
