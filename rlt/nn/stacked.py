"""Several fully connected networks of one shape, run by batched matrix products.

Faster than the same networks in a loop, in eager mode as compiled; an `Ensemble` does it for any network, by vmap.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch
from torch import nn

import rlt
from rlt.nn.mlp import activation, refuse_one_width
from rlt.types import Float, Tensor


class StackedLinear(rlt.Module):
    """`members` linear layers. `weight[i]` and `bias[i]` are those of a `nn.Linear`, and start as it would."""

    modeless = True

    def __init__(self, members: int, n_in: int, n_out: int) -> None:
        super().__init__()
        layers = [nn.Linear(n_in, n_out) for _ in range(members)]
        self.weight = nn.Parameter(torch.stack([layer.weight.detach() for layer in layers]))
        self.bias = nn.Parameter(torch.stack([layer.bias.detach() for layer in layers]))

    @rlt.typed
    def forward(self, x: Float[Tensor, "members batch n_in"]) -> Float[Tensor, "members batch n_out"]:
        return torch.baddbmm(self.bias.unsqueeze(1), x, self.weight.transpose(1, 2))


class StackedMLP(rlt.Module):
    """`members` networks from `n_in` through hidden layers to `n_out`; all get the same input."""

    modeless = True

    def __init__(
        self, members: int, n_in: int, n_out: int, hidden: Sequence[int] = (256, 256), activation_name: str = "relu"
    ) -> None:
        super().__init__()
        refuse_one_width(hidden, "StackedMLP")
        kind = activation(activation_name)
        parts: list[nn.Module] = []
        for i, o in itertools.pairwise((n_in, *hidden)):
            parts += [StackedLinear(members, i, o), kind()]
        self.members = members
        self.hidden = nn.Sequential(*parts)
        self.out = StackedLinear(members, hidden[-1] if hidden else n_in, n_out)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch n_in"]) -> Float[Tensor, "members batch n_out"]:
        return self.out(self.hidden(x.expand(self.members, *x.shape)))
