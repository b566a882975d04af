import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class ResidualBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1),
            nn.PReLU(),
            nn.Conv2d(width, width, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


class Upscaler(rlt.Module):
    """Four times the resolution by two sub-pixel steps."""

    def __init__(self, width: int = 32, n_blocks: int = 3) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, width, 3, padding=1)
        self.blocks = nn.Sequential(*[ResidualBlock(width) for _ in range(n_blocks)])
        self.up = nn.Sequential(
            nn.Conv2d(width, width * 4, 3, padding=1),
            nn.PixelShuffle(2),
            nn.PReLU(),
            nn.Conv2d(width, width * 2, 3, padding=1),  # BUG: a shuffle by 2 divides the channels by 4
            nn.PixelShuffle(2),  # ALSO
            nn.PReLU(),
        )
        self.tail = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, low: Float[Tensor, "batch 3 32 32"]) -> Float[Tensor, "batch 3 128 128"]:
        x = self.head(low)
        x = x + self.blocks(x)
        x = self.up(x)  # ALSO
        return self.tail(x)  # ALSO


def reconstruction_loss(
    net: Upscaler, low: Float[Tensor, "batch 3 32 32"], high: Float[Tensor, "batch 3 128 128"]
) -> Float[Tensor, ""]:
    return (net(low) - high).abs().mean()  # ALSO
