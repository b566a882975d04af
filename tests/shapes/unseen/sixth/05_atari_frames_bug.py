"""Q-network for stacked Atari frames, stored as bytes with the stack last."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Int64, Tensor, UInt8


class AtariQNet(rlt.Module):
    def __init__(self, n_actions: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(4, 32, 8, stride=4),
            nn.ReLU(),
            nn.Conv2d(32, 64, 4, stride=2),
            nn.ReLU(),
            nn.Conv2d(64, 64, 3, stride=1),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.advantage = nn.Sequential(nn.Linear(3136, 256), nn.ReLU(), nn.Linear(256, n_actions))
        self.value = nn.Sequential(nn.Linear(3136, 256), nn.ReLU(), nn.Linear(256, 1))

    def forward(self, frames: UInt8[Tensor, "batch 84 84 4"]) -> Float[Tensor, "batch n_actions"]:
        x = frames.float() / 255.0  # BUG: the frames are channels last
        x = self.conv(x)  # ALSO
        adv = self.advantage(x)
        return self.value(x) + adv - adv.mean(dim=1, keepdim=True)


@torch.no_grad()
def act(net: AtariQNet, frames: UInt8[Tensor, "batch 84 84 4"], epsilon: float) -> Int64[Tensor, "batch"]:
    q = net(frames)  # ALSO
    greedy = q.argmax(dim=1)
    explore = torch.randint_like(greedy, q.shape[1])
    return torch.where(torch.rand(q.shape[0]) < epsilon, explore, greedy)
