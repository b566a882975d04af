"""Beat tracking in music: a dilated temporal convolutional network over mel frames."""

import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class CausalBlock(nn.Module):
    def __init__(self, channels: int, dilation: int, kernel_size: int = 5) -> None:
        super().__init__()
        self.left = (kernel_size - 1) * dilation
        self.conv = nn.Conv1d(channels, channels, kernel_size, dilation=dilation)
        self.mix = nn.Conv1d(channels, channels, 1)
        self.drop = nn.Dropout(0.1)

    def forward(self, x: Tensor) -> Tensor:
        padded = F.pad(x, (self.left, 0))
        h = F.elu(self.conv(padded))
        return x + self.drop(self.mix(h))


class BeatTracker(rlt.Module):
    def __init__(self, n_mels: int, channels: int = 20, n_blocks: int = 6) -> None:
        super().__init__()
        self.stem = nn.Conv1d(n_mels, channels, 1)
        self.blocks = nn.Sequential(*[CausalBlock(channels, 2**i) for i in range(n_blocks)])
        self.head = nn.Conv1d(channels, 2, 1)

    @rlt.typed
    def forward(self, mel: Float[Tensor, "batch n_mels frames"]) -> tuple[Float[Tensor, "batch frames"], Float[Tensor, "batch frames"]]:
        h = self.blocks(self.stem(mel))
        beat, downbeat = self.head(h).unbind(dim=1)
        return beat, downbeat


def beat_loss(
    model: BeatTracker,
    mel: Float[Tensor, "batch n_mels frames"],
    beats: Float[Tensor, "batch frames"],
    downbeats: Float[Tensor, "batch frames"],
) -> Tensor:
    beat, downbeat = model(mel)
    loss = F.binary_cross_entropy_with_logits(beat, beats)
    return loss + F.binary_cross_entropy_with_logits(downbeat, downbeats)
