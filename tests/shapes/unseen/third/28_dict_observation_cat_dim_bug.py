"""Encoder of a dictionary observation, an MLP for each key."""

from typing import TypedDict

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Observation(TypedDict):
    joints: Float[Tensor, "batch 14"]
    touch: Float[Tensor, "batch 6"]
    goal: Float[Tensor, "batch 3"]


class DictEncoder(rlt.Module):
    def __init__(self, width: int = 32, out_dim: int = 64) -> None:
        super().__init__()
        self.encoders = nn.ModuleDict(
            {
                "joints": nn.Sequential(nn.Linear(14, width), nn.Tanh()),
                "touch": nn.Sequential(nn.Linear(6, width), nn.Tanh()),
                "goal": nn.Sequential(nn.Linear(3, width), nn.Tanh()),
            }
        )
        self.fuse = nn.Linear(3 * width, out_dim)

    @rlt.typed
    def forward(self, obs: Observation) -> Float[Tensor, "batch out_dim"]:
        joints = self.encoders["joints"](obs["joints"])
        touch = self.encoders["touch"](obs["touch"])
        goal = self.encoders["goal"](obs["goal"])
        fused = torch.cat([joints, touch, goal])  # BUG: along the batch, dim=-1 is missing
        return torch.relu(self.fuse(fused))  # ALSO


def example() -> object:
    obs: Observation = {"joints": torch.randn(5, 14), "touch": torch.randn(5, 6), "goal": torch.randn(5, 3)}
    return DictEncoder()(obs)
