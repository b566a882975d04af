import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class MatrixFactorisation(rlt.Module):
    def __init__(self, n_users: int, n_items: int, rank: int = 32) -> None:
        super().__init__()
        self.user = nn.Embedding(n_users, rank)
        self.item = nn.Embedding(n_items, rank)
        self.user_bias = nn.Embedding(n_users, 1)
        self.item_bias = nn.Embedding(n_items, 1)
        self.mean = nn.Parameter(torch.zeros(()))
        nn.init.normal_(self.user.weight, std=0.05)
        nn.init.normal_(self.item.weight, std=0.05)

    def forward(self, users: Int64[Tensor, "batch"], items: Int64[Tensor, "batch"]) -> Float[Tensor, "batch"]:
        dot = (self.user(users) * self.item(items)).sum(dim=-1)
        bias = self.user_bias(users) + self.item_bias(items)
        return self.mean + dot + bias  # BUG: bias is [batch, 1], dot is [batch]


def rating_loss(
    model: MatrixFactorisation,
    users: Int64[Tensor, "batch"],
    items: Int64[Tensor, "batch"],
    ratings: Float[Tensor, "batch"],
    weight_decay: float = 1e-4,
) -> Float[Tensor, ""]:
    error = model(users, items) - ratings  # ALSO
    penalty = model.user(users).pow(2).sum(dim=-1) + model.item(items).pow(2).sum(dim=-1)
    return (error.pow(2) + weight_decay * penalty).mean()
