"""Keyword spotting on log-mel spectrograms: convolutions over (mel, time), a GRU over time."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor

N_MELS = 40
CHANNELS = (16, 24)
POOL = 2


class ConvStage(nn.Module):
    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1)
        self.norm = nn.BatchNorm2d(out_channels)
        self.pool = nn.MaxPool2d((POOL, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.pool(F.relu(self.norm(self.conv(x))))


class KeywordNet(rlt.Module):
    def __init__(self, n_keywords: int, hidden: int = 64) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        previous = 1
        for channels in CHANNELS:
            stages.append(ConvStage(previous, channels))
            previous = channels
        self.stages = nn.Sequential(*stages)
        features = CHANNELS[-1] * (N_MELS // POOL ** len(CHANNELS))
        self.gru = nn.GRU(features, hidden, batch_first=True, bidirectional=True)
        self.attend = nn.Linear(2 * hidden, 1)
        self.head = nn.Linear(2 * hidden, n_keywords)

    def forward(self, mels: Float[Tensor, "batch 40 frames"]) -> Float[Tensor, "batch n_keywords"]:
        x = self.stages(mels.unsqueeze(1))
        x = x.permute(0, 3, 1, 2).flatten(start_dim=2)
        h, _ = self.gru(x)
        weights = torch.softmax(self.attend(h), dim=1)
        return self.head((weights * h).sum(dim=1))


def spec_augment(mels: Float[Tensor, "batch 40 frames"], max_width: int = 6) -> Float[Tensor, "batch 40 frames"]:
    start = int(torch.randint(0, N_MELS - max_width, ()).item())
    keep = torch.ones(N_MELS, 1)
    keep[start : start + max_width] = 0.0
    return mels * keep


def training_loss(
    net: KeywordNet, mels: Float[Tensor, "batch 40 frames"], labels: Int64[Tensor, "batch"]
) -> Float[Tensor, ""]:
    return F.cross_entropy(net(spec_augment(mels)), labels)
