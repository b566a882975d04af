"""What stands at the end of a policy or value network."""

from __future__ import annotations

from typing import NamedTuple

from torch import nn

import rlt
from rlt.types import Float, Tensor


class DuelingHead(rlt.Module):
    """Action values as a state's value plus each action's advantage over the mean (Wang et al. 2016, arXiv:1511.06581,
    equation 9)."""

    modeless = True

    def __init__(self, n_in: int, n_actions: int) -> None:
        super().__init__()
        self.value, self.advantage = nn.Linear(n_in, 1), nn.Linear(n_in, n_actions)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch n_in"]) -> Float[Tensor, "batch n_actions"]:
        advantage = self.advantage(x)
        return self.value(x) + (advantage - advantage.mean(-1, keepdim=True))


class QuantileHead(rlt.Module):
    """Quantiles of each action's return (Dabney et al. 2018, arXiv:1710.10044)."""

    modeless = True

    def __init__(self, n_in: int, n_actions: int, n_quantiles: int = 200) -> None:
        super().__init__()
        self.linear = nn.Linear(n_in, n_actions * n_quantiles)
        self.unflatten = nn.Unflatten(-1, (n_actions, n_quantiles))

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch n_in"]) -> Float[Tensor, "batch n_actions n_quantiles"]:
        y: Tensor = self.unflatten(self.linear(x))
        return y


class CategoricalHead(rlt.Module):
    """Logits over the atoms of each action's return (C51, Bellemare et al. 2017, arXiv:1707.06887)."""

    modeless = True

    def __init__(self, n_in: int, n_actions: int, n_atoms: int = 51) -> None:
        super().__init__()
        self.linear = nn.Linear(n_in, n_actions * n_atoms)
        self.unflatten = nn.Unflatten(-1, (n_actions, n_atoms))

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch n_in"]) -> Float[Tensor, "batch n_actions n_atoms"]:
        y: Tensor = self.unflatten(self.linear(x))
        return y


class Gaussian(NamedTuple):
    """Parameters of independent normal components."""

    mean: Float[Tensor, "batch d"]
    log_std: Float[Tensor, "batch d"]


class GaussianHead(rlt.Module):
    """Mean and log standard deviation that depend on the observation, the latter clamped (SAC, arXiv:1812.05905)."""

    modeless = True

    def __init__(self, n_in: int, d: int, log_std_min: float = -20.0, log_std_max: float = 2.0) -> None:
        super().__init__()
        self.mean, self.log_std = nn.Linear(n_in, d), nn.Linear(n_in, d)
        self.log_std_min, self.log_std_max = log_std_min, log_std_max

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch n_in"]) -> Gaussian:
        return Gaussian(self.mean(x), self.log_std(x).clamp(self.log_std_min, self.log_std_max))
