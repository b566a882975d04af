import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor, UInt8


class AtariQNetwork(rlt.Module):
    """The convolutional network of Mnih et al. for stacks of grey frames."""

    def __init__(self, n_actions: int, frames: int = 4, hidden: int = 512) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(frames, 32, kernel_size=8, stride=4)
        self.conv2 = nn.Conv2d(32, 64, kernel_size=4, stride=2)
        self.conv3 = nn.Conv2d(64, 64, kernel_size=3, stride=1)
        self.fc = nn.Linear(64 * 7 * 7, hidden)
        self.out = nn.Linear(hidden, n_actions)

    def forward(self, obs: UInt8[Tensor, "batch frames 84 84"]) -> Float[Tensor, "batch n_actions"]:
        x = obs.float() / 255.0
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = F.relu(self.conv3(x))
        x = x.flatten(start_dim=1)
        x = F.relu(self.fc(x))
        return self.out(x)


@torch.no_grad()
def act(net: AtariQNetwork, obs: UInt8[Tensor, "batch 4 84 84"], epsilon: float) -> Tensor:
    q = net(obs)
    greedy = q.argmax(dim=1)
    random = torch.randint_like(greedy, q.shape[1])
    explore = torch.rand(greedy.shape[0]) < epsilon
    return torch.where(explore, random, greedy)
