"""Decision transformer for continuous actions: tokens are (return, state, action), interleaved."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Bool, Float, Int64, Tensor


def causal_mask(length: int) -> Bool[Tensor, "length length"]:
    return torch.triu(torch.ones(length, length, dtype=torch.bool), diagonal=1)


class DecisionTransformer(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, dim: int = 48, n_layers: int = 2, max_time: int = 100) -> None:
        super().__init__()
        self.dim = dim
        self.embed_return = nn.Linear(1, dim)
        self.embed_obs = nn.Linear(obs_dim, dim)
        self.embed_action = nn.Linear(action_dim, dim)
        self.embed_time = nn.Embedding(max_time, dim)
        layer = nn.TransformerEncoderLayer(dim, 4, 2 * dim, dropout=0.0, batch_first=True)
        self.body = nn.TransformerEncoder(layer, n_layers)
        self.action_head = nn.Linear(dim, action_dim)

    def _interleave(self, returns: Tensor, obs: Tensor, actions: Tensor, timesteps: Tensor) -> Tensor:
        when = self.embed_time(timesteps)
        parts = [self.embed_return(returns.unsqueeze(-1)), self.embed_obs(obs), self.embed_action(actions)]
        batch, time = timesteps.shape
        return torch.stack([p + when for p in parts], dim=2).reshape(batch, 3 * time, self.dim)

    def forward(
        self,
        returns: Float[Tensor, "batch time"],
        obs: Float[Tensor, "batch time obs_dim"],
        actions: Float[Tensor, "batch time action_dim"],
        timesteps: Int64[Tensor, "batch time"],
    ) -> Float[Tensor, "batch time action_dim"]:  # ALSO
        tokens = self._interleave(returns, obs, actions, timesteps)
        h = self.body(tokens, mask=causal_mask(tokens.shape[1]))
        h = h.reshape(obs.shape[0], obs.shape[1], 3, self.dim)
        return self.action_head(h[:, 1]).tanh()  # BUG: takes the second time step's tokens; the state's token is h[:, :, 1]


def imitation_loss(
    net: DecisionTransformer,
    returns: Float[Tensor, "batch time"],
    obs: Float[Tensor, "batch time obs_dim"],
    actions: Float[Tensor, "batch time action_dim"],
    timesteps: Int64[Tensor, "batch time"],
    valid: Bool[Tensor, "batch time"],
) -> Float[Tensor, ""]:
    predicted = net(returns, obs, actions, timesteps)  # ALSO
    error = F.mse_loss(predicted, actions, reduction="none").mean(dim=-1)  # ALSO
    return error[valid].mean()
