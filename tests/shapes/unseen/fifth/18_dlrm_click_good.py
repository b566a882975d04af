"""A DLRM-style click model: pairwise interactions of dense and categorical features."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class DLRM(rlt.Module):
    def __init__(self, n_dense: int, n_fields: int, vocab: int = 10000, dim: int = 16) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(vocab, dim) for _ in range(n_fields))
        self.bottom = nn.Sequential(nn.Linear(n_dense, 64), nn.ReLU(), nn.Linear(64, dim), nn.ReLU())
        n = n_fields + 1
        self.top = nn.Sequential(nn.Linear(dim + n * (n - 1) // 2, 64), nn.ReLU(), nn.Linear(64, 1))

    @rlt.typed
    def forward(
        self,
        dense: Float[Tensor, "batch n_dense"],
        fields: Int64[Tensor, "batch n_fields"],
    ) -> Float[Tensor, "batch"]:
        d = self.bottom(dense)
        vectors = [d] + [table(fields[:, i]) for i, table in enumerate(self.tables)]
        stacked = torch.stack(vectors, dim=1)
        products = torch.bmm(stacked, stacked.transpose(1, 2))
        i, j = torch.triu_indices(stacked.size(1), stacked.size(1), offset=1)
        x = torch.cat([d, products[:, i, j]], dim=1)
        return self.top(x).squeeze(1)
