"""Decision transformer: actions from returns-to-go, observations and earlier actions."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Bool, Float, Int64, Tensor
from torch import nn


class DecisionTransformer(rlt.Module):
    def __init__(self, obs_dim: int, action_dim: int, dim: int = 32, max_steps: int = 200) -> None:
        super().__init__()
        self.embed_return = nn.Linear(1, dim)
        self.embed_obs = nn.Linear(obs_dim, dim)
        self.embed_action = nn.Linear(action_dim, dim)
        self.embed_time = nn.Embedding(max_steps, dim)
        self.norm = nn.LayerNorm(dim)
        layer = nn.TransformerEncoderLayer(dim, nhead=4, dim_feedforward=4 * dim, dropout=0.0, batch_first=True)
        self.transformer = nn.TransformerEncoder(layer, num_layers=2)
        self.predict = nn.Sequential(nn.Linear(dim, action_dim), nn.Tanh())

    def interleave(self, *streams: Tensor) -> Tensor:
        b, t, d = streams[0].shape
        return torch.stack(streams, dim=2).reshape(b, len(streams) * t, d)

    def forward(
        self,
        returns: Float[Tensor, "batch time"],
        obs: Float[Tensor, "batch time obs_dim"],
        actions: Float[Tensor, "batch time action_dim"],
        steps: Int64[Tensor, "batch time"],
    ) -> Float[Tensor, "batch time action_dim"]:
        when = self.embed_time(steps)
        r = self.embed_return(returns.unsqueeze(-1)) + when
        o = self.embed_obs(obs) + when
        a = self.embed_action(actions) + when
        x = self.norm(self.interleave(r, o, a))
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
        x = self.transformer(x, mask=mask)
        return self.predict(x[:, 1::3])


def returns_to_go(rewards: Float[Tensor, "batch time"]) -> Float[Tensor, "batch time"]:
    return rewards.flip(1).cumsum(dim=1).flip(1)


def loss(
    model: DecisionTransformer,
    obs: Float[Tensor, "batch time obs_dim"],
    actions: Float[Tensor, "batch time action_dim"],
    rewards: Float[Tensor, "batch time"],
    steps: Int64[Tensor, "batch time"],
    valid: Bool[Tensor, "batch time"],
) -> Float[Tensor, ""]:
    predicted = model(returns_to_go(rewards), obs, actions, steps)
    return F.mse_loss(predicted[valid], actions[valid])
