"""Biased matrix factorisation with side features for rating prediction."""

from typing import NamedTuple

import rlt
import torch
from rlt.types import Float, Int64, Tensor
from torch import nn


class Ratings(NamedTuple):
    user: Int64[Tensor, "batch"]
    item: Int64[Tensor, "batch"]
    genres: Float[Tensor, "batch n_genres"]
    rating: Float[Tensor, "batch"]


class BiasedMF(rlt.Module):
    def __init__(self, n_users: int, n_items: int, n_genres: int, factors: int = 16) -> None:
        super().__init__()
        self.user_factors = nn.Embedding(n_users, factors)
        self.item_factors = nn.Embedding(n_items, factors)
        self.user_bias = nn.Embedding(n_users, 1)
        self.item_bias = nn.Embedding(n_items, 1)
        self.genre_proj = nn.Linear(n_genres, factors, bias=False)
        self.global_bias = nn.Parameter(torch.zeros(1))
        nn.init.normal_(self.user_factors.weight, std=0.05)
        nn.init.normal_(self.item_factors.weight, std=0.05)

    def bias(self, user: Tensor, item: Tensor) -> Tensor:
        return (self.user_bias(user) + self.item_bias(item)).squeeze(-1) + self.global_bias

    def item_vector(self, item: Tensor, genres: Tensor) -> Tensor:
        vector: Tensor = self.item_factors(item) + self.genre_proj(genres)
        return vector

    def forward(
        self, user: Int64[Tensor, "batch"], item: Int64[Tensor, "batch"], genres: Float[Tensor, "batch n_genres"]
    ) -> Float[Tensor, "batch"]:
        dot = (self.user_factors(user) * self.item_vector(item, genres)).sum(dim=-1)
        return dot + self.bias(user, item)


def rating_loss(model: BiasedMF, data: Ratings, l2: float = 1e-4) -> Float[Tensor, ""]:
    prediction = model(data.user, data.item, data.genres)
    error = prediction - data.rating
    penalty = model.user_factors(data.user).pow(2).sum(dim=-1) + model.item_factors(data.item).pow(2).sum(dim=-1)
    return error.pow(2).mean() + l2 * penalty.mean()


@torch.no_grad()
def rmse(model: BiasedMF, data: Ratings) -> float:
    return (model(data.user, data.item, data.genres) - data.rating).pow(2).mean().sqrt().item()
