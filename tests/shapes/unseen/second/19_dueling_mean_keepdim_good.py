import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class DuelingQ(rlt.Module):
    def __init__(self, state_size: int, action_size: int, fc_units: int = 64):
        super().__init__()
        self.feature = nn.Sequential(nn.Linear(state_size, fc_units), nn.ReLU())
        self.advantage = nn.Sequential(
            nn.Linear(fc_units, fc_units), nn.ReLU(), nn.Linear(fc_units, action_size)
        )
        self.value = nn.Sequential(nn.Linear(fc_units, fc_units), nn.ReLU(), nn.Linear(fc_units, 1))

    @rlt.typed
    def forward(self, state: Float[Tensor, "batch state_size"]) -> Float[Tensor, "batch action_size"]:
        f = self.feature(state)
        adv = self.advantage(f)
        val = self.value(f)
        return val + adv - adv.mean(dim=1, keepdim=True)


def example() -> object:
    return DuelingQ(6, 3)(torch.randn(5, 6))
