"""Click-through prediction with pairwise feature interactions, after DLRM."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class DLRM(rlt.Module):
    def __init__(self, n_dense: int, n_sparse: int, buckets: int = 1000, dim: int = 16) -> None:
        super().__init__()
        self.tables = nn.ModuleList([nn.Embedding(buckets, dim) for _ in range(n_sparse)])
        self.bottom = nn.Sequential(nn.Linear(n_dense, 64), nn.ReLU(), nn.Linear(64, dim), nn.ReLU())
        n_vectors = n_sparse  # BUG: the dense vector takes part in the interactions too
        n_pairs = n_vectors * (n_vectors - 1) // 2
        self.top = nn.Sequential(  # ALSO
            nn.Linear(dim + n_pairs, 64),  # ALSO
            nn.ReLU(),
            nn.Linear(64, 1),
        )

    def interact(self, dense: Tensor, sparse: list[Tensor]) -> Tensor:
        vectors = torch.stack([dense, *sparse], dim=1)
        dots = torch.bmm(vectors, vectors.transpose(1, 2))
        i, j = torch.tril_indices(vectors.shape[1], vectors.shape[1], offset=-1)
        return torch.cat([dense, dots[:, i, j]], dim=1)

    @rlt.typed
    def forward(
        self, dense: Float[Tensor, "batch n_dense"], sparse: Int64[Tensor, "batch n_sparse"]
    ) -> Float[Tensor, "batch"]:
        x = self.bottom(torch.log1p(dense))
        looked_up = [table(sparse[:, k]) for k, table in enumerate(self.tables)]
        return self.top(self.interact(x, looked_up)).squeeze(-1)  # ALSO


def click_loss(logits: Float[Tensor, "batch"], clicked: Int64[Tensor, "batch"]) -> Float[Tensor, ""]:
    return F.binary_cross_entropy_with_logits(logits, clicked.float())
