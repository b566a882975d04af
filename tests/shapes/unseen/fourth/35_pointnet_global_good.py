"""PointNet segmentation: every point sees its own features and the cloud's."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class PointSeg(rlt.Module):
    def __init__(self, n_parts: int) -> None:
        super().__init__()
        self.local = nn.Sequential(nn.Conv1d(3, 64, 1), nn.BatchNorm1d(64), nn.ReLU())
        self.deep = nn.Sequential(nn.Conv1d(64, 128, 1), nn.BatchNorm1d(128), nn.ReLU(), nn.Conv1d(128, 256, 1))
        self.head = nn.Sequential(nn.Conv1d(64 + 256, 128, 1), nn.ReLU(), nn.Conv1d(128, n_parts, 1))

    @rlt.typed
    def forward(self, points: Float[Tensor, "batch n 3"]) -> Float[Tensor, "batch n n_parts"]:
        local = self.local(points.transpose(2, 1))
        deep = self.deep(local)
        cloud, _ = torch.max(deep, dim=2, keepdim=True)
        cloud = cloud.expand(-1, -1, points.size(1))
        both = torch.cat([local, cloud], dim=1)
        return self.head(both).transpose(2, 1)
