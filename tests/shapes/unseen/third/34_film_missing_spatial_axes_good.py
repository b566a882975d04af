"""A FiLM block: the instruction scales and shifts every channel."""

import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class FiLMBlock(rlt.Module):
    def __init__(self, channels: int, cond_dim: int):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding="same")
        self.norm = nn.GroupNorm(4, channels, affine=False)
        self.gamma = nn.Linear(cond_dim, channels)
        self.beta = nn.Linear(cond_dim, channels)

    @rlt.typed
    def forward(
        self,
        x: Float[Tensor, "batch channels rows cols"],
        cond: Float[Tensor, "batch cond_dim"],
    ) -> Float[Tensor, "batch channels rows cols"]:
        h = self.norm(self.conv(x))
        gamma = self.gamma(cond)[:, :, None, None]
        beta = self.beta(cond)[:, :, None, None]
        return x + F.relu((1 + gamma) * h + beta)
