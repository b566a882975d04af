"""Speaker embeddings from mel frames and their first and second differences over time."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


def delta(x: Tensor) -> Tensor:
    """Central differences along the last axis, as many frames as before."""
    padded = F.pad(x, (1, 1), mode="constant")
    return (padded[..., 2:] - padded[..., :-2]) / 2


class SpeakerNet(rlt.Module):
    def __init__(self, n_mels: int = 40, speaker_dim: int = 192) -> None:
        super().__init__()
        self.frames = nn.Sequential(
            nn.Conv1d(3 * n_mels, 256, 5, dilation=1, padding=2),
            nn.ReLU(),
            nn.Conv1d(256, 256, 3, dilation=2, padding=2),
            nn.ReLU(),
        )
        self.embed = nn.Linear(2 * 256, speaker_dim)

    @rlt.typed
    def forward(self, mel: Float[Tensor, "batch n_mels time"]) -> Float[Tensor, "batch speaker_dim"]:
        d1 = delta(mel)
        d2 = delta(d1)
        x = self.frames(torch.cat([mel, d1, d2], dim=1))
        stats = torch.cat([x.mean(dim=-1), x.std(dim=-1)], dim=-1)
        return F.normalize(self.embed(stats), dim=-1)
