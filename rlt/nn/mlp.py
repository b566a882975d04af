"""Fully connected layers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from torch import nn

import rlt
from rlt.errors import ConfigError, one_of
from rlt.types import Float, Tensor

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "tanh": nn.Tanh, "relu": nn.ReLU, "gelu": nn.GELU, "elu": nn.ELU, "silu": nn.SiLU, "identity": nn.Identity,
}
"""Activations by the names that configurations use."""


def activation(name: str) -> type[nn.Module]:
    """The class called `name`. ConfigError, with the nearest, where there is none."""
    if name not in ACTIVATIONS:
        raise ConfigError(f"there is no activation {name}", one_of(name, ACTIVATIONS))
    return ACTIVATIONS[name]


def hidden_layers(sizes: Sequence[int], kind: type[nn.Module], layer_norm: bool = False, dropout: float = 0.0) -> nn.Sequential:
    """Linear layers through `sizes`, after each dropout and layer norm where asked for, then the activation.

    The order is that of Hiraoka et al. 2022 (DroQ, arXiv:2110.02034).
    """
    parts: list[nn.Module] = []
    for i, o in itertools.pairwise(sizes):
        parts.append(nn.Linear(i, o))
        if dropout:
            parts.append(nn.Dropout(dropout))
        if layer_norm:
            parts.append(nn.LayerNorm(o))
        parts.append(kind())
    return nn.Sequential(*parts)


def refuse_one_width(hidden: object, who: str) -> None:
    """ConfigError where `hidden` is a width alone instead of a sequence of widths."""
    if isinstance(hidden, (int, str)):
        fix = f"hidden=({hidden},)"
        raise ConfigError(f"{who}: hidden={hidden!r} is one width", "expected a sequence with the width of each layer", fix=fix)


class MLP(rlt.Module):
    """`n_in` through hidden layers to `n_out`, on any number of leading dimensions."""

    modeless = True

    def __init__(
        self, n_in: int, n_out: int, hidden: Sequence[int] = (64, 64), activation_name: str = "relu", *, layer_norm: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        refuse_one_width(hidden, "MLP")
        self.hidden = hidden_layers((n_in, *hidden), activation(activation_name), layer_norm, dropout)
        self.out = nn.Linear(hidden[-1] if hidden else n_in, n_out)

    @rlt.typed
    def forward(self, x: Float[Tensor, "*batch n_in"]) -> Float[Tensor, "*batch n_out"]:
        return self.out(self.hidden(x))
