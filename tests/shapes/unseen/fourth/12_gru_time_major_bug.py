"""Sequence classification from the last state of a GRU."""

from torch import nn

import rlt
from rlt.types import Float, Tensor


class SequenceClassifier(rlt.Module):
    def __init__(self, n_features: int, n_classes: int, hidden: int = 64) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(n_features)
        self.gru = nn.GRU(n_features, hidden)  # BUG: batch_first forgotten
        self.head = nn.Linear(hidden, n_classes)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch time n_features"]) -> Float[Tensor, "batch n_classes"]:
        _, h_n = self.gru(self.norm(x))
        return self.head(h_n[-1])  # ALSO
