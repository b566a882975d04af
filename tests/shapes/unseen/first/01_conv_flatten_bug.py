"""Q-network for stacked Atari frames."""

import rlt
import torch
from rlt.types import Float, Tensor
from torch import nn


class NatureQNet(rlt.Module):
    def __init__(self, frames: int, n_actions: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(frames, 32, kernel_size=8, stride=4),
            nn.ReLU(),
            nn.Conv2d(32, 64, kernel_size=4, stride=2),
            nn.ReLU(),
            nn.Conv2d(64, 64, kernel_size=3, stride=1),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.head = nn.Sequential(
            nn.Linear(64 * 9 * 9, 512),  # BUG: 84x84 leaves 64 maps of 7x7
            nn.ReLU(),
            nn.Linear(512, n_actions),
        )

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch frames 84 84"]) -> Float[Tensor, "batch n_actions"]:
        x = self.features(obs / 255.0)
        return self.head(x)  # ALSO


def example() -> object:
    return NatureQNet(4, 6)(torch.rand(3, 4, 84, 84))
