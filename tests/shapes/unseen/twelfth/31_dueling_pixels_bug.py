"""Dueling Q-network on stacked frames; the flat size is computed, not probed."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor, UInt8


class ConvSpec(NamedTuple):
    channels: int
    kernel: int
    stride: int


NATURE = (ConvSpec(32, 8, 4), ConvSpec(64, 4, 2), ConvSpec(64, 3, 1))


def conv_out(size: int, spec: ConvSpec) -> int:
    return (size - spec.kernel) // spec.stride  # BUG: + 1 is missing, every layer's size comes out one too small


def build_encoder(frames: int, screen: int) -> tuple[nn.Sequential, int]:
    layers: list[nn.Module] = []
    channels, size = frames, screen
    for spec in NATURE:
        layers += [nn.Conv2d(channels, spec.channels, spec.kernel, spec.stride), nn.ReLU()]
        channels, size = spec.channels, conv_out(size, spec)
    layers.append(nn.Flatten())
    return nn.Sequential(*layers), channels * size * size  # ALSO


class DuelingQ(rlt.Module):
    def __init__(self, frames: int, n_actions: int, screen: int = 84, hidden: int = 256) -> None:
        super().__init__()
        self.encoder, flat = build_encoder(frames, screen)
        self.value = nn.Sequential(nn.Linear(flat, hidden), nn.ReLU(), nn.Linear(hidden, 1))  # ALSO
        self.advantage = nn.Sequential(nn.Linear(flat, hidden), nn.ReLU(), nn.Linear(hidden, n_actions))  # ALSO

    def forward(self, obs: UInt8[Tensor, "batch frames screen screen"]) -> Float[Tensor, "batch n_actions"]:
        h = self.encoder(obs.float() / 255.0)
        advantage = self.advantage(h)  # ALSO
        return self.value(h) + advantage - advantage.mean(dim=1, keepdim=True)  # ALSO


def td_loss(
    online: DuelingQ,
    target: DuelingQ,
    obs: UInt8[Tensor, "batch frames screen screen"],
    action: Int64[Tensor, "batch"],
    reward: Float[Tensor, "batch"],
    next_obs: UInt8[Tensor, "batch frames screen screen"],
) -> Float[Tensor, ""]:
    q = online(obs).gather(1, action.unsqueeze(1)).squeeze(1)  # ALSO
    with torch.no_grad():
        best = online(next_obs).argmax(dim=1, keepdim=True)
        bootstrap = target(next_obs).gather(1, best).squeeze(1)
    return F.smooth_l1_loss(q, reward + 0.99 * bootstrap)
