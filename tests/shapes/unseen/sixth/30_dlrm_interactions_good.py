"""Click prediction with pairwise interactions of dense and categorical features."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class DotInteraction(nn.Module):
    def __init__(self, n_vectors: int) -> None:
        super().__init__()
        rows, cols = torch.triu_indices(n_vectors, n_vectors, offset=1)
        self.register_buffer("rows", rows)
        self.register_buffer("cols", cols)

    def forward(self, vectors: Tensor) -> Tensor:
        products = torch.bmm(vectors, vectors.transpose(1, 2))
        return products[:, self.rows, self.cols]


class ClickModel(rlt.Module):
    def __init__(self, n_dense: int, n_fields: int = 6, n_buckets: int = 1000, dim: int = 16) -> None:
        super().__init__()
        self.tables = nn.ModuleList([nn.Embedding(n_buckets, dim) for _ in range(n_fields)])
        self.bottom = nn.Sequential(nn.Linear(n_dense, 64), nn.ReLU(), nn.Linear(64, dim), nn.ReLU())
        n = n_fields + 1
        self.interact = DotInteraction(n)
        n_pairs = n * (n - 1) // 2
        self.top = nn.Sequential(nn.Linear(dim + n_pairs, 64), nn.ReLU(), nn.Linear(64, 1))

    @rlt.typed
    def forward(
        self, dense: Float[Tensor, "batch n_dense"], fields: Int64[Tensor, "batch n_fields"]
    ) -> Float[Tensor, "batch"]:
        d = self.bottom(dense)
        vectors = [d] + [table(fields[:, i]) for i, table in enumerate(self.tables)]
        pairs = self.interact(torch.stack(vectors, dim=1))
        return self.top(torch.cat([d, pairs], dim=1)).squeeze(1)
