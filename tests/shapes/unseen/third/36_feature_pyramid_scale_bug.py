"""Top of a feature pyramid: coarse maps are upsampled and added to finer ones."""

import torch
import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class Pyramid(rlt.Module):
    def __init__(self, c3: int, c4: int, c5: int, out: int = 64) -> None:
        super().__init__()
        self.lat3 = nn.Conv2d(c3, out, 1)
        self.lat4 = nn.Conv2d(c4, out, 1)
        self.lat5 = nn.Conv2d(c5, out, 1)
        self.smooth = nn.Conv2d(out, out, 3, padding=1)

    @rlt.typed
    def forward(
        self,
        f3: Float[Tensor, "batch c3 32 32"],
        f4: Float[Tensor, "batch c4 16 16"],
        f5: Float[Tensor, "batch c5 8 8"],
    ) -> tuple[Float[Tensor, "batch out 32 32"], Float[Tensor, "batch out 16 16"], Float[Tensor, "batch out 8 8"]]:
        p5 = self.lat5(f5)
        p4 = self.lat4(f4) + F.interpolate(p5, scale_factor=2, mode="nearest")
        p3 = self.lat3(f3) + F.interpolate(p5, scale_factor=2, mode="nearest")  # BUG: wants p4, the level above
        return self.smooth(p3), self.smooth(p4), self.smooth(p5)


def example() -> object:
    return Pyramid(8, 16, 32)(torch.randn(1, 8, 32, 32), torch.randn(1, 16, 16, 16), torch.randn(1, 32, 8, 8))
