"""Entity encoder: attention over the units in view."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Tensor
from torch import nn


class EntityEncoder(rlt.Module):
    def __init__(self, entity_dim: int, d_model: int = 64, heads: int = 4) -> None:
        super().__init__()
        self.proj = nn.Linear(entity_dim, d_model)
        self.attn = nn.MultiheadAttention(entity_dim, heads, batch_first=True)  # BUG: tokens are d_model wide here
        self.norm = nn.LayerNorm(d_model)
        self.ff = nn.Linear(d_model, d_model)

    @rlt.typed
    def forward(self, entities: Float[Tensor, "batch units entity_dim"]) -> Float[Tensor, "batch d_model"]:
        x = self.proj(entities)
        mixed, _ = self.attn(x, x, x, need_weights=False)  # ALSO
        x = self.norm(x + mixed)
        x = x + F.gelu(self.ff(x))
        return x.max(dim=1).values


def example() -> object:
    return EntityEncoder(entity_dim=12)(torch.randn(2, 5, 12))
