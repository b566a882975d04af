"""Residual blocks of a diffusion network, modulated by the time embedding (scale and shift)."""

import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class ModulatedBlock(nn.Module):
    def __init__(self, c_in: int, c_out: int, emb_dim: int) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(8, c_in)
        self.conv1 = nn.Conv2d(c_in, c_out, 3, padding=1)
        self.emb = nn.Linear(emb_dim, 2 * c_out)
        self.norm2 = nn.GroupNorm(8, c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, padding=1)
        self.skip = nn.Conv2d(c_in, c_out, 1) if c_in != c_out else nn.Identity()

    def forward(self, x: Tensor, emb: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        scale, shift = self.emb(F.silu(emb))[:, :, None, None].chunk(2, dim=1)
        h = self.norm2(h) * (1 + scale) + shift
        h = self.conv2(F.silu(h))
        return h + self.skip(x)


class MiniDiffusionNet(rlt.Module):
    def __init__(self, emb_dim: int = 64, width: int = 32) -> None:
        super().__init__()
        self.inp = nn.Conv2d(3, width, 3, padding=1)
        self.block1 = ModulatedBlock(width, 2 * width, emb_dim)
        self.block2 = ModulatedBlock(2 * width, width, emb_dim)
        self.out = nn.Conv2d(width, 3, 3, padding=1)

    @rlt.typed
    def forward(
        self, x: Float[Tensor, "batch 3 h w"], emb: Float[Tensor, "batch emb_dim"]
    ) -> Float[Tensor, "batch 3 h w"]:
        h = self.inp(x)
        h = self.block1(h, emb)
        h = self.block2(h, emb)
        return self.out(h)
