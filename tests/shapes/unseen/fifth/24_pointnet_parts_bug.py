"""PointNet part segmentation: per-point features next to a global one."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


def shared_mlp(*sizes: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for a, b in zip(sizes[:-1], sizes[1:]):
        layers += [nn.Conv1d(a, b, 1), nn.BatchNorm1d(b), nn.ReLU()]
    return nn.Sequential(*layers)


class PointNetParts(rlt.Module):
    def __init__(self, n_parts: int) -> None:
        super().__init__()
        self.local = shared_mlp(3, 64, 64)
        self.wide = shared_mlp(64, 128, 512)
        self.mix = shared_mlp(64 + 512, 256, 128)
        self.out = nn.Conv1d(128, n_parts, 1)

    @rlt.typed
    def forward(self, cloud: Float[Tensor, "batch points 3"]) -> Float[Tensor, "batch points n_parts"]:
        local = self.local(cloud.transpose(1, 2))
        top, _ = self.wide(local).max(dim=1, keepdim=True)  # BUG: that is the channels, the points are dim 2
        top = top.expand(-1, -1, cloud.size(1))
        x = self.mix(torch.cat([local, top], dim=1))  # ALSO
        return self.out(x).transpose(1, 2)
