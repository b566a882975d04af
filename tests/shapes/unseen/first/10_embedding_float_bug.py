"""Policy for a grid world whose observation is a map of tile codes."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


class GridPolicy(rlt.Module):
    def __init__(self, n_tiles: int, n_actions: int, emb: int = 8) -> None:
        super().__init__()
        self.tiles = nn.Embedding(n_tiles, emb)
        self.conv = nn.Conv2d(emb, 16, 3, padding=1)
        self.head = nn.Linear(16 * 7 * 7, n_actions)

    @rlt.typed
    def forward(self, grid: Float[Tensor, "batch 7 7"]) -> Float[Tensor, "batch n_actions"]:
        x = self.tiles(grid)  # BUG: an embedding needs integer indices
        x = x.permute(0, 3, 1, 2)
        x = torch.relu(self.conv(x))
        return self.head(x.flatten(1))


def example() -> object:
    return GridPolicy(n_tiles=11, n_actions=5)(torch.zeros(2, 7, 7))
