"""PointNet classification of point clouds with a learned input rotation."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


def shared_mlp(c_in: int, c_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv1d(c_in, c_out, 1), nn.BatchNorm1d(c_out), nn.ReLU())


class TNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(shared_mlp(3, 32), shared_mlp(32, 128))
        self.out = nn.Linear(128, 9)

    def forward(self, points: Float[Tensor, "batch n_points 3"]) -> Float[Tensor, "batch 3 3"]:
        pooled = self.features(points.transpose(1, 2)).amax(dim=2)
        return self.out(pooled).view(-1, 3, 3) + torch.eye(3, device=points.device)


class PointNet(rlt.Module):
    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.tnet = TNet()
        self.local = shared_mlp(3, 64)
        self.wide = nn.Sequential(shared_mlp(64, 128), shared_mlp(128, 256))
        self.head = nn.Sequential(nn.Linear(256, 128), nn.ReLU(), nn.Dropout(0.3), nn.Linear(128, n_classes))

    def forward(
        self, points: Float[Tensor, "batch n_points 3"]
    ) -> tuple[Float[Tensor, "batch n_classes"], Float[Tensor, "batch 3 3"]]:
        rotation = self.tnet(points)
        turned = torch.bmm(points, rotation).transpose(1, 2)
        h = self.wide(self.local(turned))
        return self.head(h.amax(dim=-1)), rotation


def pointnet_loss(
    logits: Float[Tensor, "batch n_classes"], rotation: Float[Tensor, "batch 3 3"], label: Int64[Tensor, "batch"]
) -> Float[Tensor, ""]:
    gram = rotation @ rotation.transpose(1, 2)
    off = gram - torch.eye(3, device=gram.device)
    return F.cross_entropy(logits, label) + 0.001 * off.square().sum(dim=(1, 2)).mean()
