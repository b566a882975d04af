"""Matrix factorisation with user and item biases for rating prediction."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class BiasedMF(rlt.Module):
    def __init__(self, n_users: int, n_items: int, rank: int = 32) -> None:
        super().__init__()
        self.users = nn.Embedding(n_users, rank)
        self.items = nn.Embedding(n_items, rank)
        self.user_bias = nn.Embedding(n_users, 1)
        self.item_bias = nn.Embedding(n_items, 1)
        self.offset = nn.Parameter(torch.zeros(()))

    @rlt.typed
    def forward(
        self, user: Int64[Tensor, "batch"], item: Int64[Tensor, "batch"]
    ) -> Float[Tensor, "batch"]:
        score = (self.users(user) * self.items(item)).sum(dim=-1)
        bias = self.user_bias(user) + self.item_bias(item)  # BUG: [batch, 1], .squeeze(-1) is missing
        return score + bias + self.offset  # ALSO


@rlt.typed
def rating_loss(
    model: BiasedMF,
    user: Int64[Tensor, "batch"],
    item: Int64[Tensor, "batch"],
    rating: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    return F.mse_loss(model(user, item), rating)
