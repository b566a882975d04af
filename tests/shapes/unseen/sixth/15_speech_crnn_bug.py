"""Keyword spotting on log-mel spectrograms: convolutions, then a GRU over time."""

from torch import nn

import rlt
from rlt.types import Float, Tensor


class ConvFront(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, channels, 3, padding=1),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.MaxPool2d((2, 1)),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.MaxPool2d((2, 1)),
        )

    def forward(self, mel: Tensor) -> Tensor:
        return self.net(mel.unsqueeze(1))


class KeywordSpotter(rlt.Module):
    def __init__(self, n_keywords: int, n_mels: int = 40, channels: int = 16, hidden: int = 64) -> None:
        super().__init__()
        self.front = ConvFront(channels)
        self.gru = nn.GRU(channels * (n_mels // 4), hidden, batch_first=True)
        self.head = nn.Linear(hidden, n_keywords)

    @rlt.typed
    def forward(self, mel: Float[Tensor, "batch n_mels frames"]) -> Float[Tensor, "batch n_keywords"]:
        x = self.front(mel)  # batch, channels, mels, frames
        x = x.permute(0, 2, 1, 3).flatten(2)  # BUG: puts the mel axis where time belongs
        x, _ = self.gru(x)  # ALSO
        return self.head(x.mean(dim=1))
