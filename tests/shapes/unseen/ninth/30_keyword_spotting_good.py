"""Keyword spotting: log-mel frames through strided 1-D convolutions and a GRU."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Int64, Tensor
from torch import nn

N_MELS = 40
FRAMES = 100


class ConvBNReLU(nn.Sequential):
    def __init__(self, c_in: int, c_out: int, stride: int) -> None:
        super().__init__(
            nn.Conv1d(c_in, c_out, kernel_size=5, stride=stride, padding=2),
            nn.BatchNorm1d(c_out),
            nn.ReLU(),
        )


class KeywordNet(rlt.Module):
    def __init__(self, n_words: int, channels: int = 48, hidden: int = 32) -> None:
        super().__init__()
        self.frontend = nn.Sequential(
            ConvBNReLU(N_MELS, channels, stride=2),
            ConvBNReLU(channels, channels, stride=2),
        )
        self.gru = nn.GRU(channels, hidden, num_layers=2, batch_first=True)
        self.classify = nn.Linear(hidden, n_words)

    def summarise(self, frames: Tensor) -> Tensor:
        """The last state of the upper GRU layer."""
        _, h = self.gru(frames)
        last: Tensor = h[-1]
        return last

    def forward(self, mel: Float[Tensor, "batch 40 100"]) -> Float[Tensor, "batch n_words"]:
        h = self.frontend(mel)
        h = h.permute(0, 2, 1)
        return self.classify(self.summarise(h))


def normalise(mel: Float[Tensor, "batch 40 100"]) -> Float[Tensor, "batch 40 100"]:
    mean = mel.mean(dim=-1, keepdim=True)
    std = mel.std(dim=-1, keepdim=True)
    return (mel - mean) / (std + 1e-5)


def spec_augment(mel: Float[Tensor, "batch 40 100"], width: int = 8) -> Float[Tensor, "batch 40 100"]:
    start = int(torch.randint(0, N_MELS - width, ()).item())
    keep = torch.ones(N_MELS, 1, device=mel.device)
    keep[start : start + width] = 0.0
    return mel * keep


def train_loss(net: KeywordNet, mel: Float[Tensor, "batch 40 100"], words: Int64[Tensor, "batch"]) -> Float[Tensor, ""]:
    logits = net(spec_augment(normalise(mel)))
    return F.cross_entropy(logits, words, label_smoothing=0.1)
