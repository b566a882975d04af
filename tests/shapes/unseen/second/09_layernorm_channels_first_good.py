import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class ConvNeXtBlock(rlt.Module):
    def __init__(self, dim: int, expansion: int = 4) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(dim, dim, kernel_size=7, padding=3, groups=dim)
        self.norm = nn.LayerNorm(dim)
        self.pwconv1 = nn.Linear(dim, expansion * dim)
        self.act = nn.GELU()
        self.pwconv2 = nn.Linear(expansion * dim, dim)

    @rlt.typed
    def forward(self, x: Float[Tensor, "n dim h w"]) -> Float[Tensor, "n dim h w"]:
        shortcut = x
        x = self.dwconv(x).permute(0, 2, 3, 1)
        x = self.norm(x)
        x = self.pwconv2(self.act(self.pwconv1(x)))
        x = x.permute(0, 3, 1, 2)
        return shortcut + x


def example() -> object:
    return ConvNeXtBlock(20)(torch.randn(2, 20, 9, 11))
