"""A decoder layer that attends to an encoder of another width."""

from torch import nn

import rlt
from rlt.types import Float, Tensor


class CrossBlock(rlt.Module):
    def __init__(self, dim: int = 64, context_dim: int = 96, heads: int = 4) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.norm2 = nn.LayerNorm(dim)
        self.attn = nn.MultiheadAttention(dim, heads, batch_first=True)  # BUG: keys and values have width context_dim
        self.ff = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    @rlt.typed
    def forward(
        self, x: Float[Tensor, "batch queries dim"], context: Float[Tensor, "batch keys context_dim"]
    ) -> Float[Tensor, "batch queries dim"]:
        attended, _ = self.attn(self.norm1(x), context, context, need_weights=False)  # ALSO
        x = x + attended
        return x + self.ff(self.norm2(x))
