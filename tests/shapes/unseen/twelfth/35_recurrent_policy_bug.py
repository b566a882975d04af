"""Recurrent actor-critics: a base class with heads, and an LSTM that unrolls over (time, batch)."""

from __future__ import annotations

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class ActorCriticBase(rlt.Module):
    def __init__(self, features: int, n_actions: int) -> None:
        super().__init__()
        self.policy_head = nn.Linear(features, n_actions)
        self.value_head = nn.Linear(features, 1)
        nn.init.orthogonal_(self.policy_head.weight, 0.01)

    def _heads(self, h: Tensor) -> tuple[Tensor, Tensor]:
        return self.policy_head(h), self.value_head(h).squeeze(-1)


class LSTMPolicy(ActorCriticBase):
    def __init__(self, obs_dim: int, n_actions: int, hidden: int = 64, n_layers: int = 2) -> None:
        super().__init__(hidden, n_actions)
        self.hidden = hidden
        self.n_layers = n_layers
        self.embed = nn.Sequential(nn.Linear(obs_dim, hidden), nn.ReLU())
        self.lstm = nn.LSTM(hidden, hidden, n_layers)

    def initial_state(
        self, batch: int
    ) -> tuple[Float[Tensor, "n_layers batch hidden"], Float[Tensor, "n_layers batch hidden"]]:  # ALSO
        zeros = torch.zeros(batch, self.n_layers, self.hidden)  # BUG: an LSTM's state is (layers, batch, hidden)
        return zeros, zeros.clone()  # ALSO

    def forward(
        self,
        obs: Float[Tensor, "time batch obs_dim"],
        h: Float[Tensor, "n_layers batch hidden"],
        c: Float[Tensor, "n_layers batch hidden"],
    ) -> tuple[Float[Tensor, "time batch n_actions"], Float[Tensor, "time batch"]]:
        out, _ = self.lstm(self.embed(obs), (h, c))
        return self._heads(out)

    def unroll(
        self, obs: Float[Tensor, "time batch obs_dim"]
    ) -> tuple[Float[Tensor, "time batch n_actions"], Float[Tensor, "time batch"]]:
        h, c = self.initial_state(obs.shape[1])  # ALSO
        return self(obs, h, c)  # ALSO


def value_loss(
    net: LSTMPolicy, obs: Float[Tensor, "time batch obs_dim"], returns: Float[Tensor, "time batch"],
    valid: Float[Tensor, "time batch"],
) -> Float[Tensor, ""]:
    _, values = net.unroll(obs)  # ALSO
    return ((values - returns).pow(2) * valid).sum() / valid.sum()
