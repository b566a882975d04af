"""Weights before training."""

from __future__ import annotations

import torch
from torch import nn


def orthogonal(layer: nn.Module, gain: float) -> None:
    """Orthogonal weight times `gain`, zero bias, as PPO is initialised (Engstrom et al. 2020, arXiv:2005.12729)."""
    weight, bias = layer.weight, layer.bias
    assert isinstance(weight, torch.Tensor)
    nn.init.orthogonal_(weight, gain)
    if isinstance(bias, torch.Tensor):
        nn.init.zeros_(bias)
