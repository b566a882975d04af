"""SimCLR: a projection head and the contrastive loss over two views of a batch."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Projection(rlt.Module):
    def __init__(self, feature_dim: int, out_dim: int = 128) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(feature_dim, feature_dim),
            nn.BatchNorm1d(feature_dim),
            nn.ReLU(),
            nn.Linear(feature_dim, out_dim),
        )

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch feature_dim"]) -> Float[Tensor, "batch out_dim"]:
        return F.normalize(self.net(x), dim=-1)


@rlt.typed
def nt_xent(
    a: Float[Tensor, "batch dim"], b: Float[Tensor, "batch dim"], temperature: float = 0.5
) -> Float[Tensor, ""]:
    n = a.size(0)
    z = torch.cat([a, b], dim=0)
    similarity = z @ z.t() / temperature
    itself = torch.eye(2 * n, dtype=torch.bool, device=z.device)
    similarity = similarity.masked_fill(itself, float("-inf"))
    index = torch.arange(n, device=z.device)
    partner = torch.cat([index + n, index])
    return F.cross_entropy(similarity, partner)
