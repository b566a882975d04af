"""Click model: two categorical columns and some numeric ones in one float matrix."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class ClickModel(rlt.Module):
    """Column 0 is the user, column 1 the item, the other six are numbers."""

    def __init__(self, n_users: int, n_items: int, k: int = 8) -> None:
        super().__init__()
        self.user = nn.Embedding(n_users, k)
        self.item = nn.Embedding(n_items, k)
        self.mlp = nn.Sequential(nn.Linear(2 * k + 6, 64), nn.ReLU(), nn.Linear(64, 1))

    @rlt.typed
    def forward(self, row: Float[Tensor, "batch 8"]) -> Float[Tensor, "batch"]:
        user = self.user(row[:, 0].long())
        item = self.item(row[:, 1].long())
        features = torch.cat([user, item, row[:, 2:]], dim=1)
        return self.mlp(features).squeeze(-1)
