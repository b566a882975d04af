"""A camera policy. Frames arrive as the simulator renders them: height, width, channels."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor, UInt8


class CameraPolicy(rlt.Module):
    def __init__(self, n_actions: int, feature_dim: int = 128) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(3, 16, kernel_size=5, stride=2),
            nn.ReLU(),
            nn.Conv2d(16, 32, kernel_size=5, stride=2),
            nn.ReLU(),
            nn.AdaptiveMaxPool2d((4, 4)),
            nn.Flatten(),
            nn.Linear(32 * 4 * 4, feature_dim),
            nn.LayerNorm(feature_dim),
        )
        self.policy = nn.Linear(feature_dim, n_actions)
        self.value = nn.Linear(feature_dim, 1)

    def preprocess(self, frames: Tensor) -> Tensor:
        x = frames.to(torch.float32).div(255)
        return x  # BUG: still channels last

    @rlt.typed
    def forward(
        self, frames: UInt8[Tensor, "batch 96 96 3"]
    ) -> tuple[Float[Tensor, "batch n_actions"], Float[Tensor, "batch"]]:
        h = torch.tanh(self.conv(self.preprocess(frames)))  # ALSO
        return self.policy(h), self.value(h).squeeze(-1)
