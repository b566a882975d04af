"""Decision Transformer: return, state and action tokens interleaved in time."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import rlt
from rlt.types import Float, Int64


def causal_mask(n: int) -> Tensor:
    return torch.triu(torch.ones(n, n, dtype=torch.bool), diagonal=1)


class DecisionTransformer(rlt.Module):
    def __init__(
        self, state_dim: int, action_dim: int, hidden: int = 32, layers: int = 2, heads: int = 2, max_time: int = 100
    ) -> None:
        super().__init__()
        self.hidden = hidden
        self.embed_time = nn.Embedding(max_time, hidden)
        self.embed_return = nn.Linear(1, hidden)
        self.embed_state = nn.Linear(state_dim, hidden)
        self.embed_action = nn.Linear(action_dim, hidden)
        self.norm = nn.LayerNorm(hidden)
        layer = nn.TransformerEncoderLayer(hidden, heads, 4 * hidden, dropout=0.0, batch_first=True)
        self.transformer = nn.TransformerEncoder(layer, layers)
        self.predict_action = nn.Sequential(nn.Linear(hidden, action_dim), nn.Tanh())

    def forward(
        self,
        returns: Float[Tensor, "batch time"],
        states: Float[Tensor, "batch time state_dim"],
        actions: Float[Tensor, "batch time action_dim"],
        timesteps: Int64[Tensor, "batch time"],
    ) -> Float[Tensor, "batch time action_dim"]:
        b, t = timesteps.shape
        when = self.embed_time(timesteps)
        r = self.embed_return(returns.unsqueeze(-1)) + when
        s = self.embed_state(states) + when
        a = self.embed_action(actions) + when
        tokens = torch.stack([r, s, a], dim=2).reshape(b, 3 * t, self.hidden)
        x = self.transformer(self.norm(tokens), mask=causal_mask(3 * t))
        x = x.reshape(b, t, 3, self.hidden).permute(0, 2, 1, 3)
        at_states = x[:, :, 1]  # BUG: after the permute the kind of token is axis 1, this picks a time step
        return self.predict_action(at_states)  # ALSO


def behaviour_loss(
    net: DecisionTransformer,
    returns: Float[Tensor, "batch time"],
    states: Float[Tensor, "batch time state_dim"],
    actions: Float[Tensor, "batch time action_dim"],
    timesteps: Int64[Tensor, "batch time"],
    mask: Float[Tensor, "batch time"],
) -> Float[Tensor, ""]:
    predicted = net(returns, states, actions, timesteps)  # ALSO
    error = F.mse_loss(predicted, actions, reduction="none").mean(dim=-1)  # ALSO
    return (error * mask).sum() / mask.sum()
