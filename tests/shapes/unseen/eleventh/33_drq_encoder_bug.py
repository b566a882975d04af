"""The pixel encoder of DrQ-v2 with its random shift and a deterministic actor."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import rlt
from rlt.types import Float, UInt8

FILTERS = 32
STACK = 9
FLAT = FILTERS * 37 * 37  # BUG: 84 -> 41 -> 39 -> 37 -> 35, the last convolution is forgotten


def random_shift(pixels: Float[Tensor, "batch 9 84 84"], pad: int = 4) -> Float[Tensor, "batch 9 84 84"]:
    padded = F.pad(pixels, (pad, pad, pad, pad), mode="replicate")
    top, left = (int(v) for v in torch.randint(0, 2 * pad + 1, (2,)))
    return padded[:, :, top : top + 84, left : left + 84]


class PixelEncoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(STACK, FILTERS, 3, stride=2), nn.ReLU()]
        for _ in range(3):
            layers += [nn.Conv2d(FILTERS, FILTERS, 3), nn.ReLU()]
        self.convs = nn.Sequential(*layers)

    def forward(self, obs: Tensor, augment: bool = False) -> Tensor:
        pixels = obs.float() / 255.0 - 0.5
        if augment:
            pixels = random_shift(pixels)
        return self.convs(pixels).flatten(start_dim=1)


class PixelActor(rlt.Module):
    def __init__(self, action_dim: int, feature_dim: int = 50, hidden: int = 256) -> None:
        super().__init__()
        self.encoder = PixelEncoder()
        self.trunk = nn.Sequential(nn.Linear(FLAT, feature_dim), nn.LayerNorm(feature_dim), nn.Tanh())  # ALSO
        self.policy = nn.Sequential(
            nn.Linear(feature_dim, hidden),
            nn.ReLU(),
            nn.Linear(hidden, action_dim),
            nn.Tanh(),
        )

    def forward(self, obs: UInt8[Tensor, "batch 9 84 84"]) -> Float[Tensor, "batch action_dim"]:
        features = self.trunk(self.encoder(obs, augment=self.training))  # ALSO
        return self.policy(features)

    def explore(self, obs: UInt8[Tensor, "batch 9 84 84"], std: float) -> Float[Tensor, "batch action_dim"]:
        mean = self(obs)  # ALSO
        return (mean + std * torch.randn_like(mean)).clamp(-1, 1)
