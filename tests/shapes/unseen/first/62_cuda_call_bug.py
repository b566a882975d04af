"""Priorities of a replay buffer, computed on the accelerator."""

import rlt
import torch
from rlt.types import Cpu, Cuda, Float


@rlt.typed
def priorities(errors: Float[Cuda, "batch"], alpha: float = 0.6) -> Float[Cuda, "batch"]:
    p = (errors.abs() + 1e-6) ** alpha
    return p / p.sum()


@rlt.typed
def refresh(rewards: Float[Cpu, "batch"], values: Float[Cpu, "batch"]) -> Float[Cpu, "batch"]:
    errors = rewards - values
    updated = priorities(errors)  # BUG: errors are on the CPU
    return updated.cpu()


def example() -> object:
    return refresh(torch.randn(16), torch.randn(16))
