"""A ConvNeXt stage: downsampling and depthwise blocks with layer norm over channels."""

import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class ConvNeXtBlock(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(dim, dim, kernel_size=7, padding=3, groups=dim)
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.expand = nn.Linear(dim, 4 * dim)
        self.act = nn.GELU()
        self.reduce = nn.Linear(4 * dim, dim)
        self.gamma = nn.Parameter(1e-6 * torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        y = self.depthwise(x)  # BUG: channels are dim 1, .permute(0, 2, 3, 1) is missing before the norm
        y = self.norm(y)  # ALSO
        y = self.gamma * self.reduce(self.act(self.expand(y)))
        return x + y.permute(0, 3, 1, 2)


class Stage(rlt.Module):
    def __init__(self, c_in: int, c_out: int, depth: int = 3) -> None:
        super().__init__()
        self.down = nn.Conv2d(c_in, c_out, kernel_size=2, stride=2)
        self.blocks = nn.ModuleList([ConvNeXtBlock(c_out) for _ in range(depth)])

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch c_in 2*h 2*w"]) -> Float[Tensor, "batch c_out h w"]:
        x = self.down(x)
        for block in self.blocks:
            x = block(x)
        return x
