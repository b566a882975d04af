"""Keyword spotting on log-mel spectrograms with a small 2-d CNN."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import rlt
from rlt.types import Float, Int64


@dataclass(frozen=True)
class SpotterConfig:
    width: int = 24
    depth: int = 3
    dropout: float = 0.1


def conv_unit(c_in: int, c_out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, kernel_size=3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(c_out),
        nn.ReLU(inplace=True),
    )


class KeywordSpotter(rlt.Module):
    def __init__(self, n_keywords: int, width: int = 24, dropout: float = 0.1) -> None:
        super().__init__()
        self.stem = conv_unit(1, width)
        self.body = nn.Sequential(conv_unit(width, 2 * width), conv_unit(2 * width, 2 * width))
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(2 * width, n_keywords)

    def _normalise(self, mel: Tensor) -> Tensor:
        mean = mel.mean(dim=(1, 2), keepdim=True)
        std = mel.std(dim=(1, 2), keepdim=True)
        return (mel - mean) / (std + 1e-5)

    def forward(self, mel: Float[Tensor, "batch mels frames"]) -> Float[Tensor, "batch n_keywords"]:
        x = self._normalise(mel).unsqueeze(1)
        x = self.body(self.stem(x))
        pooled = x.mean(dim=(2, 3))
        return self.head(self.dropout(pooled))


def build(n_keywords: int, config: SpotterConfig) -> KeywordSpotter:
    return KeywordSpotter(n_keywords, config.width, config.dropout)


def accuracy(logits: Float[Tensor, "batch k"], labels: Int64[Tensor, "batch"]) -> Float[Tensor, ""]:
    return (logits.argmax(dim=-1) == labels).float().mean()


def train_step(
    net: KeywordSpotter,
    optimizer: torch.optim.Optimizer,
    mel: Float[Tensor, "batch mels frames"],
    labels: Int64[Tensor, "batch"],
) -> Float[Tensor, ""]:
    loss = F.cross_entropy(net(mel), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()
