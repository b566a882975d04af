"""A Gaussian recurrent state-space model, imagined forward (PlaNet, Dreamer)."""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional as F

import rlt
from rlt.types import Float, Tensor


class State(NamedTuple):
    deter: Tensor
    stoch: Tensor

    @property
    def features(self) -> Tensor:
        return torch.cat([self.deter, self.stoch], dim=-1)


class RSSM(rlt.Module):
    def __init__(self, action_dim: int, deter: int = 200, stoch: int = 30, hidden: int = 200) -> None:
        super().__init__()
        self.deter, self.stoch = deter, stoch
        self.inp = nn.Sequential(nn.Linear(stoch + action_dim, hidden), nn.ELU())
        self.cell = nn.GRUCell(hidden, deter)
        self.prior = nn.Sequential(nn.Linear(deter, hidden), nn.ELU(), nn.Linear(hidden, 2 * stoch))
        self.reward = nn.Linear(deter + stoch, 1)

    def initial(self, batch: int) -> State:
        return State(torch.zeros(batch, self.deter), torch.zeros(batch, self.stoch))

    def step(self, state: State, action: Tensor) -> State:
        x = self.inp(torch.cat([state.stoch, action], dim=-1))
        deter = self.cell(x, state.deter)
        mean, std = torch.chunk(self.prior(deter), 2, dim=-1)
        std = F.softplus(std) + 0.1
        return State(deter, mean + std * torch.randn_like(mean))

    def imagine(
        self, actions: Float[Tensor, "batch time action_dim"]
    ) -> tuple[Float[Tensor, "batch time deter+stoch"], Float[Tensor, "batch time"]]:
        state = self.initial(actions.shape[0])
        features: list[Tensor] = []
        for action in actions.unbind(dim=1):
            state = self.step(state, action)
            features.append(state.features)
        stacked = torch.stack(features, dim=1)
        return stacked, self.reward(stacked).squeeze(-1)
