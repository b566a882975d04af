import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Regressor(rlt.Module):
    """A plain tabular baseline."""

    def __init__(self, n_features: int, width: int = 256):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(n_features, width), nn.ReLU(), nn.Dropout(0.1))
        self.out = nn.Linear(width, 1)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch n_features"]) -> Float[Tensor, "batch"]:
        return self.out(self.body(x)).squeeze(1)


class BottleneckRegressor(Regressor):
    """The baseline with normalised inputs and a normalised bottleneck before the output."""

    def __init__(self, n_features: int, width: int = 256, bottleneck: int = 32):
        super().__init__(n_features, width)
        self.norm_in = nn.BatchNorm1d(n_features)
        self.squeeze = nn.Linear(width, bottleneck)
        self.norm = nn.BatchNorm1d(width)  # BUG: normalises the bottleneck, of width bottleneck
        self.out = nn.Linear(bottleneck, 1)

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch n_features"]) -> Float[Tensor, "batch"]:
        h = self.body(self.norm_in(x))
        h = torch.relu(self.norm(self.squeeze(h)))  # ALSO
        return self.out(h).squeeze(1)


def example() -> object:
    return BottleneckRegressor(6)(torch.randn(8, 6))
