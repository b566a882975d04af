"""An actor-critic network on stacked Atari frames."""

import torch
from torch import nn
from torch.distributions import Categorical

import rlt
from rlt.types import Float, Int64, Tensor, UInt8


class AtariActorCritic(rlt.Module):
    def __init__(self, n_actions: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(4, 32, 8, stride=4),
            nn.ReLU(),
            nn.Conv2d(32, 64, 4, stride=2),
            nn.ReLU(),
            nn.Conv2d(64, 64, 3, stride=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(64 * 7 * 7, 512),
            nn.ReLU(),
        )
        self.policy = nn.Linear(512, n_actions)
        self.value = nn.Linear(512, 1)

    @rlt.typed
    def forward(
        self, frames: UInt8[Tensor, "batch 4 84 84"]
    ) -> tuple[Float[Tensor, "batch n_actions"], Float[Tensor, "batch"]]:
        h = self.body(frames)  # BUG: the frames are bytes, frames.float() / 255
        return self.policy(h), self.value(h).squeeze(-1)


@torch.no_grad()
def act(model: AtariActorCritic, frames: UInt8[Tensor, "batch 4 84 84"]) -> Int64[Tensor, "batch"]:
    logits, _ = model(frames)
    return Categorical(logits=logits).sample()
