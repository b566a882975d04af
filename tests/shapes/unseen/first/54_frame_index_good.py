"""Difference network: newest frame and the change since the oldest."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Tensor
from torch import nn


class MotionNet(rlt.Module):
    def __init__(self, n_actions: int, stack: int = 4) -> None:
        super().__init__()
        self.look = nn.Conv2d(1, 8, 5, stride=2)
        self.motion = nn.Conv2d(stack - 1, 8, 5, stride=2)
        self.head = nn.Linear(16, n_actions)

    @rlt.typed
    def forward(self, frames: Float[Tensor, "batch stack 42 42"]) -> Float[Tensor, "batch n_actions"]:
        newest = frames[:, -1:]
        change = frames[:, 1:] - frames[:, :-1]
        seen = F.relu(self.look(newest)).amax(dim=(2, 3))
        moved = F.relu(self.motion(change)).amax(dim=(2, 3))
        return self.head(torch.cat([seen, moved], dim=1))


def example() -> object:
    return MotionNet(n_actions=3)(torch.rand(2, 4, 42, 42))
