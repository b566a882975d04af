"""Matrix factorisation of ratings with user and item biases."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class MatrixFactorization(rlt.Module):
    def __init__(self, n_users: int, n_items: int, dim: int = 32) -> None:
        super().__init__()
        self.user = nn.Embedding(n_users, dim)
        self.item = nn.Embedding(n_items, dim)
        self.user_bias = nn.Embedding(n_users, 1)
        self.item_bias = nn.Embedding(n_items, 1)
        self.mean = nn.Parameter(torch.zeros(()))
        nn.init.normal_(self.user.weight, std=0.05)
        nn.init.normal_(self.item.weight, std=0.05)

    @rlt.typed
    def forward(self, users: Int64[Tensor, "batch"], items: Int64[Tensor, "batch"]) -> Float[Tensor, "batch"]:
        dot = (self.user(users) * self.item(items)).sum(dim=1)
        bias = self.user_bias(users).squeeze(1) + self.item_bias(items).squeeze(1)
        return self.mean + dot + bias


@rlt.typed
def rating_loss(
    model: MatrixFactorization,
    users: Int64[Tensor, "batch"],
    items: Int64[Tensor, "batch"],
    ratings: Float[Tensor, "batch"],
    decay: float = 1e-4,
) -> Float[Tensor, ""]:
    predicted = model(users, items)
    penalty = model.user(users).square().sum(1) + model.item(items).square().sum(1)
    return F.mse_loss(predicted, ratings) + decay * penalty.mean()
