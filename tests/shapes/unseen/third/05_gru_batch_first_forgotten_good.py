"""Classify a sensor trace by the last hidden state of a GRU."""

from torch import nn

import rlt
from rlt.types import Float, Tensor


class TraceClassifier(rlt.Module):
    def __init__(self, n_sensors: int, n_classes: int, hidden: int = 64) -> None:
        super().__init__()
        self.gru = nn.GRU(n_sensors, hidden, num_layers=2, batch_first=True)
        self.norm = nn.LayerNorm(hidden)
        self.head = nn.Linear(hidden, n_classes)

    @rlt.typed
    def forward(self, trace: Float[Tensor, "batch time n_sensors"]) -> Float[Tensor, "batch n_classes"]:
        _, h = self.gru(trace)
        top = self.norm(h[-1])
        return self.head(top)
