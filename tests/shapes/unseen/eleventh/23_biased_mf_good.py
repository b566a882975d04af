"""Biased matrix factorisation for ratings (Koren et al.)."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import rlt
from rlt.types import Float, Int64

EMBED_STD = 0.05


class Ratings(NamedTuple):
    users: Int64[Tensor, "batch"]
    items: Int64[Tensor, "batch"]
    stars: Float[Tensor, "batch"]


class BiasedMF(rlt.Module):
    def __init__(self, n_users: int, n_items: int, factors: int = 32) -> None:
        super().__init__()
        self.user_factors = nn.Embedding(n_users, factors)
        self.item_factors = nn.Embedding(n_items, factors)
        self.user_bias = nn.Embedding(n_users, 1)
        self.item_bias = nn.Embedding(n_items, 1)
        self.offset = nn.Parameter(torch.zeros(()))
        for table in (self.user_factors, self.item_factors):
            nn.init.normal_(table.weight, std=EMBED_STD)

    def _bias(self, users: Tensor, items: Tensor) -> Tensor:
        return (self.user_bias(users) + self.item_bias(items)).squeeze(-1)

    def forward(
        self, users: Int64[Tensor, "batch"], items: Int64[Tensor, "batch"]
    ) -> Float[Tensor, "batch"]:
        p, q = self.user_factors(users), self.item_factors(items)
        dot = (p * q).sum(dim=-1)
        return self.offset + self._bias(users, items) + dot

    def all_items(self, users: Int64[Tensor, "batch"]) -> Float[Tensor, "batch n_items"]:
        p = self.user_factors(users)
        return p @ self.item_factors.weight.T + self.item_bias.weight.T


def rating_loss(net: BiasedMF, batch: Ratings, l2: float = 1e-4) -> Float[Tensor, ""]:
    predicted = net(batch.users, batch.items)
    mse = F.mse_loss(predicted, batch.stars)
    penalty = net.user_factors.weight.pow(2).mean() + net.item_factors.weight.pow(2).mean()
    return mse + l2 * penalty


def recall_at_k(
    scores: Float[Tensor, "batch n_items"], held_out: Int64[Tensor, "batch"], k: int = 10
) -> Float[Tensor, ""]:
    top = scores.topk(k, dim=-1).indices
    return (top == held_out[:, None]).any(dim=-1).float().mean()
