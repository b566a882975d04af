"""Dueling double DQN on 84x84 Atari frames."""
from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor, UInt8

FRAME = 84


def conv_block(n_in: int, n_out: int, kernel: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(n_in, n_out, kernel, stride=stride), nn.ReLU())


class AtariEncoder(nn.Module):
    def __init__(self, n_frames: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(
            conv_block(n_frames, 32, 8, 4),
            conv_block(32, 64, 4, 2),
            conv_block(64, 64, 3, 1),
        )
        self.out_features = 64 * 9 * 9  # BUG: 84 -> 20 -> 9 -> 7: that is the size before the last convolution

    def forward(self, x: Tensor) -> Tensor:
        return self.blocks(x).flatten(1)


class DuelingDQN(rlt.Module):
    def __init__(self, n_actions: int, n_frames: int = 4, hidden: int = 512) -> None:
        super().__init__()
        self.encoder = AtariEncoder(n_frames)
        width = self.encoder.out_features
        self.value = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, 1))  # ALSO
        self.advantage = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, n_actions))  # ALSO

    def forward(self, frames: UInt8[Tensor, "batch n_frames 84 84"]) -> Float[Tensor, "batch n_actions"]:
        h = self.encoder(frames.float() / 255.0)
        value = self.value(h)  # ALSO
        advantage = self.advantage(h)  # ALSO
        return value + advantage - advantage.mean(dim=1, keepdim=True)


def double_dqn_loss(
    online: DuelingDQN,
    target: DuelingDQN,
    frames: UInt8[Tensor, "batch 4 84 84"],
    actions: Int64[Tensor, "batch"],
    rewards: Float[Tensor, "batch"],
    next_frames: UInt8[Tensor, "batch 4 84 84"],
    discounts: Float[Tensor, "batch"],
) -> Float[Tensor, ""]:
    q = online(frames).gather(1, actions.unsqueeze(1)).squeeze(1)
    with torch.no_grad():
        best = online(next_frames).argmax(dim=1, keepdim=True)
        next_q = target(next_frames).gather(1, best).squeeze(1)
    return F.smooth_l1_loss(q, rewards + discounts * next_q)
