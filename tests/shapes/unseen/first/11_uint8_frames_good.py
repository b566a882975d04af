"""Pixel encoder that takes frames as they come out of the replay buffer."""

import rlt
import torch
from rlt.types import Float, Tensor, UInt8
from torch import nn


class PixelEncoder(rlt.Module):
    def __init__(self, feature_dim: int = 50, stack: int = 3) -> None:
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv2d(stack, 32, 3, stride=2)])
        self.convs.extend(nn.Conv2d(32, 32, 3, stride=1) for _ in range(2))
        self.fc = nn.Linear(32 * 37 * 37, feature_dim)
        self.ln = nn.LayerNorm(feature_dim)

    @rlt.typed
    def forward(self, frames: UInt8[Tensor, "batch stack 84 84"]) -> Float[Tensor, "batch feature_dim"]:
        x = frames.float() / 255.0
        for conv in self.convs:
            x = torch.relu(conv(x))
        return torch.tanh(self.ln(self.fc(x.flatten(1))))


def example() -> object:
    return PixelEncoder()(torch.randint(0, 256, (2, 3, 84, 84), dtype=torch.uint8))
