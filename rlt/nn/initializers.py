"""Weights before training, by name."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import torch
from torch import nn

from rlt.errors import ConfigError, one_of
from rlt.nn.stacked import StackedLinear

Initializer: TypeAlias = Literal["orthogonal", "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal", "torch"]

_RULES = {
    "orthogonal": lambda weight, gain: nn.init.orthogonal_(weight, gain),
    "xavier_uniform": lambda weight, gain: nn.init.xavier_uniform_(weight, gain),
    "xavier_normal": lambda weight, gain: nn.init.xavier_normal_(weight, gain),
    # Kaiming's own gain belongs to ReLU; `gain` scales what it gives.
    "kaiming_uniform": lambda weight, gain: nn.init.kaiming_uniform_(weight, nonlinearity="relu").mul_(gain),
    "kaiming_normal": lambda weight, gain: nn.init.kaiming_normal_(weight, nonlinearity="relu").mul_(gain),
}

_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


@torch.no_grad()
def initialize(module: nn.Module, name: str = "orthogonal", gain: float = 1.0) -> None:
    """Draws the weights of every linear and convolution layer in `module` by the rule `name` and sets their biases to 0.

    `torch` leaves torch's own. Sources: orthogonal Saxe et al. 2014 (arXiv:1312.6120), xavier Glorot and Bengio 2010,
    kaiming He et al. 2015 (arXiv:1502.01852). ConfigError for a name that is none of these.
    """
    if name == "torch":
        return
    if name not in _RULES:
        raise ConfigError(f"there is no initialiser {name}", one_of(name, [*_RULES, "torch"]))
    for layer in module.modules():
        if isinstance(layer, _LAYERS):
            _RULES[name](layer.weight, gain)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, StackedLinear):
            for weight in layer.weight:  # each member alone
                _RULES[name](weight, gain)
            nn.init.zeros_(layer.bias)


def orthogonal(module: nn.Module, gain: float) -> None:
    """Orthogonal weights times `gain`, zero biases, as PPO is initialised (Engstrom et al. 2020, arXiv:2005.12729)."""
    initialize(module, "orthogonal", gain)


HIDDEN_GAIN = math.sqrt(2)
"""Of the hidden layers of PPO's networks."""
