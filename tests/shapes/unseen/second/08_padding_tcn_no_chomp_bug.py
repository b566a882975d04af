import torch
from torch import nn

import rlt
from rlt.types import Float, Tensor


class CausalConv(rlt.Module):
    """One layer of a temporal convolutional network."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.trim = 2 * dilation
        self.conv = nn.Conv1d(channels, channels, 3, padding=2 * dilation, dilation=dilation)
        self.act = nn.GELU()

    @rlt.typed
    def forward(self, x: Float[Tensor, "batch channels time"]) -> Float[Tensor, "batch channels time"]:
        y = self.conv(x)  # BUG: the trailing 2 * dilation steps have to be cut off
        return self.act(y)  # ALSO


def example() -> object:
    return CausalConv(12, 4)(torch.randn(2, 12, 40))
