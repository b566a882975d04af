import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class FrameEncoder(rlt.Module):
    """Per-frame projection of mel features for a speech model."""

    def __init__(self, n_mels: int, d_out: int) -> None:
        super().__init__()
        self.proj = nn.Linear(n_mels, d_out)
        self.bn = nn.BatchNorm1d(d_out)
        self.drop = nn.Dropout(0.1)

    @rlt.typed
    def forward(self, mel: Float[Tensor, "batch frames n_mels"]) -> Float[Tensor, "batch frames d_out"]:
        h = self.proj(mel)
        h = self.bn(h)  # BUG: normalises over frames, the features are last here
        return self.drop(torch.relu(h))


def example() -> object:
    return FrameEncoder(80, 32)(torch.randn(2, 15, 80))
