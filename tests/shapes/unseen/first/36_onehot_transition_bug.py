"""Learned transition model for discrete actions."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Int, Tensor
from torch import nn


class Transition(rlt.Module):
    def __init__(self, state_dim: int, n_actions: int, hidden: int = 64) -> None:
        super().__init__()
        self.n_actions = n_actions
        self.inp = nn.Linear(state_dim + n_actions, hidden)
        self.out = nn.Linear(hidden, state_dim)

    @rlt.typed
    def forward(
        self, state: Float[Tensor, "batch state_dim"], action: Int[Tensor, "batch"]
    ) -> Float[Tensor, "batch state_dim"]:
        a = F.one_hot(action).float()  # BUG: the width depends on the batch; num_classes is missing
        h = F.elu(self.inp(torch.cat((state, a), dim=1)))  # ALSO
        return state + self.out(h)


def example() -> object:
    return Transition(state_dim=5, n_actions=6)(torch.randn(3, 5), torch.tensor([0, 2, 1]))
