"""A taxi agent: position in metres and two discrete codes, packed by the environment in one float vector."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class MixedEncoder(rlt.Module):
    """obs = (x, y, vx, vy, passenger, destination)"""

    def __init__(self, n_places: int = 5, n_actions: int = 6, emb: int = 8) -> None:
        super().__init__()
        self.place = nn.Embedding(n_places, emb)
        self.motion = nn.Linear(4, 32)
        self.mlp = nn.Sequential(nn.Linear(32 + 2 * emb, 64), nn.ReLU(), nn.Linear(64, n_actions))

    @rlt.typed
    def forward(self, obs: Float[Tensor, "batch 6"]) -> Float[Tensor, "batch n_actions"]:
        motion, codes = obs[:, :4], obs[:, 4:]
        places = self.place(codes.long())
        parts = [torch.relu(self.motion(motion)), places.flatten(start_dim=1)]
        return self.mlp(torch.cat(parts, dim=-1))
