"""Tabular regressor."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


class Regressor(rlt.Module):
    def __init__(self, n_features: int, width: int = 40, p: float = 0.2) -> None:
        super().__init__()
        self.model = nn.Sequential(
            nn.BatchNorm1d(n_features),
            nn.Linear(n_features, width),
            nn.ReLU(inplace=True),
            nn.BatchNorm1d(width),
            nn.Dropout(p),
            nn.Linear(width, width // 2),
            nn.ReLU(inplace=True),
            nn.Linear(width // 2, 1),
        )

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch n_features"]) -> Float[Tensor, "batch"]:
        y = self.model(x)
        return y.squeeze(1)


def example() -> object:
    return Regressor(n_features=13)(torch.randn(6, 13))
