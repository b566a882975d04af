"""Network for tables whose float columns hold codes first and then numbers."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class TabularNet(rlt.Module):
    def __init__(self, n_codes: int, n_numbers: int, n_targets: int, cardinality: int = 50, dim: int = 8) -> None:
        super().__init__()
        self.n_codes = n_codes
        self.embeddings = nn.ModuleList([nn.Embedding(cardinality, dim) for _ in range(n_codes)])
        self.norm = nn.BatchNorm1d(n_numbers)
        self.mlp = nn.Sequential(
            nn.Linear(n_codes * dim + n_numbers, 64),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Linear(64, n_targets),
        )

    @rlt.typed
    def forward(self, table: Float[Tensor, "rows n_codes+n_numbers"]) -> Float[Tensor, "rows n_targets"]:
        codes = table[:, : self.n_codes]  # BUG: embeddings are looked up by integers
        numbers = self.norm(table[:, self.n_codes :])
        embedded = [emb(codes[:, i]) for i, emb in enumerate(self.embeddings)]  # ALSO
        return self.mlp(torch.cat([*embedded, numbers], dim=1))


def huber(
    model: TabularNet, table: Float[Tensor, "rows columns"], target: Float[Tensor, "rows n_targets"]
) -> Float[Tensor, ""]:
    predicted = model(table)  # ALSO
    return F.smooth_l1_loss(predicted, target, beta=0.5)
