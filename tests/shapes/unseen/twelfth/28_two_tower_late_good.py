"""Two-tower recommender with explicit negatives, trained on clicks."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class Impressions(NamedTuple):
    user: Int64[Tensor, "batch"]
    history: Int64[Tensor, "batch hist"]
    item: Int64[Tensor, "batch"]
    clicked: Int64[Tensor, "batch"]


def tower(in_features: int, dim: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(in_features, 2 * dim), nn.ReLU(), nn.Dropout(0.1), nn.Linear(2 * dim, dim))


class TwoTower(rlt.Module):
    def __init__(self, n_users: int, n_items: int, dim: int = 24) -> None:
        super().__init__()
        self.user_table = nn.Embedding(n_users, dim)
        self.item_table = nn.Embedding(n_items, dim, padding_idx=0)
        self.user_tower = tower(2 * dim, dim)
        self.item_tower = tower(dim, dim)
        self.item_bias = nn.Embedding(n_items, 1)

    def user_vector(self, user: Int64[Tensor, "batch"], history: Int64[Tensor, "batch hist"]) -> Float[Tensor, "batch dim"]:
        taste = self.item_table(history).mean(dim=1)
        return self.user_tower(torch.cat([self.user_table(user), taste], dim=-1))

    def item_vector(self, item: Int64[Tensor, "batch"]) -> Float[Tensor, "batch dim"]:
        return self.item_tower(self.item_table(item))

    def forward(
        self, user: Int64[Tensor, "batch"], history: Int64[Tensor, "batch hist"], item: Int64[Tensor, "batch"]
    ) -> Float[Tensor, "batch"]:
        u, v = self.user_vector(user, history), self.item_vector(item)
        return (u * v).sum(-1) + self.item_bias(item).squeeze(-1)


def click_loss(net: TwoTower, batch: Impressions) -> Float[Tensor, ""]:
    logits = net(batch.user, batch.history, batch.item)
    return F.binary_cross_entropy_with_logits(logits, batch.clicked.float())


def retrieve(
    net: TwoTower, user: Int64[Tensor, "batch"], history: Int64[Tensor, "batch hist"], items: Int64[Tensor, "pool"], k: int
) -> Int64[Tensor, "batch k"]:
    scores = net.user_vector(user, history) @ net.item_vector(items).T
    return items[scores.topk(k, dim=-1).indices]
