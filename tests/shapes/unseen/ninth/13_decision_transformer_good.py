"""Decision Transformer: returns, states and actions as one causal sequence."""
from __future__ import annotations

import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor

MAX_EPISODE = 1000


def causal_mask(n: int) -> Tensor:
    return torch.full((n, n), float("-inf")).triu(1)


class DecisionTransformer(rlt.Module):
    def __init__(self, obs_dim: int, act_dim: int, width: int = 64, heads: int = 4, depth: int = 2) -> None:
        super().__init__()
        self.width = width
        self.embed_return = nn.Linear(1, width)
        self.embed_obs = nn.Linear(obs_dim, width)
        self.embed_action = nn.Linear(act_dim, width)
        self.embed_time = nn.Embedding(MAX_EPISODE, width)
        self.norm = nn.LayerNorm(width)
        layer = nn.TransformerEncoderLayer(width, heads, 4 * width, dropout=0.0, batch_first=True)
        self.transformer = nn.TransformerEncoder(layer, depth)
        self.predict_action = nn.Sequential(nn.Linear(width, act_dim), nn.Tanh())

    def forward(
        self,
        returns: Float[Tensor, "batch time"],
        obs: Float[Tensor, "batch time obs_dim"],
        actions: Float[Tensor, "batch time act_dim"],
        steps: Int64[Tensor, "batch time"],
    ) -> Float[Tensor, "batch time act_dim"]:
        batch, time = steps.shape
        when = self.embed_time(steps)
        r = self.embed_return(returns.unsqueeze(-1)) + when
        s = self.embed_obs(obs) + when
        a = self.embed_action(actions) + when
        tokens = torch.stack([r, s, a], dim=2).reshape(batch, 3 * time, self.width)
        h = self.transformer(self.norm(tokens), mask=causal_mask(3 * time))
        h = h.reshape(batch, time, 3, self.width)
        return self.predict_action(h[:, :, 1])


def behaviour_loss(
    net: DecisionTransformer,
    returns: Float[Tensor, "b t"],
    obs: Float[Tensor, "b t obs_dim"],
    actions: Float[Tensor, "b t act_dim"],
    steps: Int64[Tensor, "b t"],
    mask: Float[Tensor, "b t"],
) -> Float[Tensor, ""]:
    predicted = net(returns, obs, actions, steps)
    error = (predicted - actions).pow(2).mean(dim=-1)
    return (error * mask).sum() / mask.sum().clamp(min=1.0)
