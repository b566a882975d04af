"""Camera encoder: uint8 frames as the simulator gives them, to a feature vector."""

from torch import nn

import rlt
from rlt.types import Float, Tensor, UInt8


class CameraEncoder(rlt.Module):
    def __init__(self, features: int = 64) -> None:
        super().__init__()
        self.convs = nn.Sequential(
            nn.Conv2d(3, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )
        self.proj = nn.Linear(64, features)

    @rlt.typed
    def forward(self, frames: UInt8[Tensor, "batch 48 64 3"]) -> Float[Tensor, "batch features"]:
        x = frames.float() / 255.0  # BUG: Conv2d wants channels first, .permute(0, 3, 1, 2)
        x = self.convs(x)  # ALSO
        return self.proj(x)
