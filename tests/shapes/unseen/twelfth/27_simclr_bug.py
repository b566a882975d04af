"""SimCLR: encoder with projection head and the NT-Xent loss."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor


def make_trunk(in_channels: int, widths: Sequence[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in widths:
        layers += [nn.Conv2d(in_channels, width, 3, stride=2, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
        in_channels = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class SimCLR(rlt.Module):
    def __init__(self, in_channels: int, proj_dim: int = 32) -> None:
        super().__init__()
        self.trunk = make_trunk(in_channels, (16, 32, 64))
        self.projector = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, proj_dim))

    def forward(self, images: Float[Tensor, "batch in_channels height width"]) -> Float[Tensor, "batch proj_dim"]:
        return F.normalize(self.projector(self.trunk(images)), dim=-1)


def positive_index(n: int) -> Int64[Tensor, "2*n"]:  # ALSO
    """Row i of the first view is paired with row n + i, and the other way round."""
    first = torch.arange(n)
    return first + n  # BUG: the positives of the second view are missing, n targets for 2*n rows


def nt_xent(
    z1: Float[Tensor, "batch proj_dim"], z2: Float[Tensor, "batch proj_dim"], temperature: float = 0.5
) -> Float[Tensor, ""]:
    n = z1.shape[0]
    z = torch.cat([z1, z2], dim=0)
    similarity = z @ z.t() / temperature
    itself = torch.eye(2 * n, dtype=torch.bool)
    logits = similarity.masked_fill(itself, float("-inf"))
    return F.cross_entropy(logits, positive_index(n))  # ALSO


def training_step(
    net: SimCLR, view1: Float[Tensor, "batch in_channels height width"], view2: Float[Tensor, "batch in_channels height width"]
) -> Float[Tensor, ""]:
    return nt_xent(net(view1), net(view2))  # ALSO
