"""Keyword spotting: a mel filter bank applied to power spectra, then 1-d convolutions over time."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class KeywordSpotter(rlt.Module):
    def __init__(self, n_keywords: int, n_freq: int = 257, n_mels: int = 40) -> None:
        super().__init__()
        self.register_buffer("filters", torch.rand(n_mels, n_freq))
        self.net = nn.Sequential(
            nn.Conv1d(n_mels, 64, 5, padding=2),
            nn.BatchNorm1d(64),
            nn.ReLU(),
            nn.Conv1d(64, 128, 5, padding=2),
            nn.BatchNorm1d(128),
            nn.ReLU(),
            nn.AdaptiveAvgPool1d(1),
            nn.Flatten(),
        )
        self.head = nn.Linear(128, n_keywords)

    def log_mel(self, power: Tensor) -> Tensor:
        mel = torch.matmul(self.filters, power)
        mel = torch.log(mel.clamp(min=1e-5))
        return mel - mel.mean(dim=-1, keepdim=True)

    @rlt.typed
    def forward(self, power: Float[Tensor, "batch n_freq frames"]) -> Float[Tensor, "batch n_keywords"]:
        return self.head(self.net(self.log_mel(power)))
