"""PointNet classifier: a shared MLP on points, a maximum over them, a small head."""

import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


class PointFeatures(nn.Module):
    def __init__(self, dims: tuple[int, ...] = (3, 64, 128, 256)) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for c_in, c_out in zip(dims[:-1], dims[1:], strict=True):
            layers += [nn.Conv1d(c_in, c_out, 1), nn.BatchNorm1d(c_out), nn.ReLU()]
        self.mlp = nn.Sequential(*layers)

    def forward(self, points: Tensor) -> Tensor:
        return self.mlp(points.transpose(1, 2))


class PointNet(rlt.Module):
    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.features = PointFeatures()
        self.head = nn.Sequential(nn.Linear(256, 128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, n_classes))

    @rlt.typed
    def forward(self, points: Float[Tensor, "batch points 3"]) -> Float[Tensor, "batch n_classes"]:
        centred = points - points.mean(dim=1, keepdim=True)
        x = self.features(centred)
        x = x.max(dim=2)  # BUG: this is the pair of values and indices
        return self.head(x)  # ALSO


def classification_loss(
    net: PointNet, points: Float[Tensor, "batch points 3"], labels: Int64[Tensor, "batch"]
) -> Float[Tensor, ""]:
    return F.cross_entropy(net(points), labels)  # ALSO
