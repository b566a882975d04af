import torch
import torch.nn as nn

import rlt
from rlt.types import Float, Tensor, UInt8


class NatureDQN(rlt.Module):
    """Mnih et al. 2015."""

    def __init__(self, n_actions: int, n_stack: int = 4) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(n_stack, 32, kernel_size=8, stride=4)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=4, stride=2)
        self.conv3 = nn.Conv2d(64, 64, kernel_size=3, stride=1)
        self.fc1 = nn.Linear(64 * 8 * 8, 512)  # BUG: an 84x84 frame leaves 7x7, not 8x8
        self.fc2 = nn.Linear(512, n_actions)

    @rlt.typed
    def forward(self, frames: UInt8[Tensor, "batch n_stack 84 84"]) -> Float[Tensor, "batch n_actions"]:
        x = frames.float() / 255.0
        x = torch.relu(self.conv1(x))
        x = torch.relu(self.conv2(x))
        x = torch.relu(self.conv3(x))
        x = torch.relu(self.fc1(x.flatten(1)))  # ALSO
        return self.fc2(x)


def example() -> object:
    frames = torch.randint(0, 256, (2, 4, 84, 84), dtype=torch.uint8)
    return NatureDQN(6)(frames)
