"""Atari actor-critic over four stacked grey frames."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor, UInt8


class NatureTrunk(nn.Module):
    def __init__(self, out: int = 512) -> None:
        super().__init__()
        self.convs = nn.Sequential(
            nn.Conv2d(4, 32, 8, stride=4),
            nn.ReLU(),
            nn.Conv2d(32, 64, 4, stride=2),
            nn.ReLU(),
            nn.Conv2d(64, 64, 3, stride=1),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.fc = nn.Linear(64 * 7 * 7, out)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.fc(self.convs(x)))


class AtariNet(rlt.Module):
    def __init__(self, n_actions: int) -> None:
        super().__init__()
        self.trunk = NatureTrunk(512)
        self.policy = nn.Linear(512, n_actions)
        self.value = nn.Linear(512, 1)

    @rlt.typed
    def forward(
        self, obs: UInt8[Tensor, "batch 4 84 84"]
    ) -> tuple[Float[Tensor, "batch n_actions"], Float[Tensor, "batch"]]:
        h = self.trunk(obs.float() / 255)
        return self.policy(h), self.value(h).squeeze(-1)


def example() -> object:
    return AtariNet(6)(torch.randint(0, 256, (2, 4, 84, 84), dtype=torch.uint8))
