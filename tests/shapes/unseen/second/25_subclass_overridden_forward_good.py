import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Backbone(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, width, 3, 2, 1), nn.ReLU(), nn.Conv2d(width, width, 3, 2, 1))
        self.neck = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())

    def forward(self, x):
        return self.neck(self.body(x))


class SpatialBackbone(Backbone):
    def forward(self, x):
        x = torch.relu(self.body(x))
        return self.neck(x)


class Regressor(rlt.Module):
    def __init__(self, n_targets: int, width: int = 20) -> None:
        super().__init__()
        self.backbone = SpatialBackbone(width)
        self.head = nn.Linear(width, n_targets)

    @rlt.typed
    def forward(self, depth: Float[Tensor, "batch 1 h w"]) -> Float[Tensor, "batch n_targets"]:
        feats = self.backbone(depth)
        return self.head(feats)


def example() -> object:
    return Regressor(3)(torch.randn(2, 1, 24, 24))
