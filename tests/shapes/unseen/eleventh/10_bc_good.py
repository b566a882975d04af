"""Behavioural cloning of discrete demonstrations with a causal GRU."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Bool, Float, Int64, Tensor


class ClonedPolicy(rlt.Module):
    def __init__(self, obs_dim: int, n_actions: int, width: int = 48, dropout: float = 0.1) -> None:
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(obs_dim, width), nn.GELU(), nn.Dropout(dropout))
        self.prev_action = nn.Embedding(n_actions + 1, width)
        self.gru = nn.GRU(2 * width, width, batch_first=True)
        self.head = nn.Linear(width, n_actions)

    def forward(
        self, obs: Float[Tensor, "batch time obs_dim"], prev: Int64[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time n_actions"]:
        x = torch.cat([self.embed(obs), self.prev_action(prev)], dim=-1)
        out, _ = self.gru(x)
        return self.head(out)


def shift_right(actions: Int64[Tensor, "batch time"], start: int) -> Int64[Tensor, "batch time"]:
    first = torch.full_like(actions[:, :1], start)
    return torch.cat([first, actions[:, :-1]], dim=1)


def bc_loss(
    policy: ClonedPolicy,
    obs: Float[Tensor, "batch time obs_dim"],
    actions: Int64[Tensor, "batch time"],
    valid: Bool[Tensor, "batch time"],
    start: int,
) -> Float[Tensor, ""]:
    logits = policy(obs, shift_right(actions, start))
    nll = F.cross_entropy(logits.transpose(1, 2), actions, reduction="none")
    weight = valid.float()
    return (nll * weight).sum() / weight.sum().clamp(min=1.0)


def accuracy(
    policy: ClonedPolicy, obs: Float[Tensor, "batch time obs_dim"], actions: Int64[Tensor, "batch time"], start: int
) -> Float[Tensor, ""]:
    predicted = policy(obs, shift_right(actions, start)).argmax(dim=-1)
    return (predicted == actions).float().mean()
