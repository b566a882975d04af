"""CURL: contrastive auxiliary loss for pixel-based RL, with a momentum encoder."""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import rlt
from rlt.types import Float


def conv_trunk(channels: int, filters: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, filters, 3, stride=2),
        nn.ReLU(),
        nn.Conv2d(filters, filters, 3, stride=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(4),
        nn.Flatten(),
    )


class Encoder(rlt.Module):
    def __init__(self, channels: int, z_dim: int, filters: int = 16) -> None:
        super().__init__()
        self.trunk = conv_trunk(channels, filters)
        self.project = nn.Sequential(nn.Linear(filters * 4 * 4, z_dim), nn.LayerNorm(z_dim))

    def forward(self, obs: Float[Tensor, "batch channels h w"]) -> Float[Tensor, "batch z_dim"]:
        return self.project(self.trunk(obs))


class CURL(rlt.Module):
    def __init__(self, channels: int, z_dim: int = 50, momentum: float = 0.95) -> None:
        super().__init__()
        self.encoder = Encoder(channels, z_dim)
        self.key_encoder = copy.deepcopy(self.encoder)
        self.W = nn.Parameter(torch.rand(z_dim, z_dim))
        self.momentum = momentum

    def logits(
        self, query: Float[Tensor, "batch z_dim"], key: Float[Tensor, "batch z_dim"]
    ) -> Float[Tensor, "batch batch"]:
        scores = query @ (self.W @ key.T)
        return scores - scores.max(dim=1, keepdim=True).values

    def forward(
        self, anchor: Float[Tensor, "batch channels h w"], positive: Float[Tensor, "batch channels h w"]
    ) -> Float[Tensor, "batch batch"]:
        query = self.encoder(anchor)
        with torch.no_grad():
            key = self.key_encoder(positive)
        return self.logits(query, key)

    @torch.no_grad()
    def update_keys(self) -> None:
        for p, k in zip(self.encoder.parameters(), self.key_encoder.parameters(), strict=True):
            k.lerp_(p, 1 - self.momentum)


def info_nce(
    model: CURL,
    anchor: Float[Tensor, "batch channels h w"],
    positive: Float[Tensor, "batch channels h w"],
) -> Float[Tensor, ""]:
    logits = model(anchor, positive)
    return F.cross_entropy(logits, torch.arange(logits.shape[0]))
