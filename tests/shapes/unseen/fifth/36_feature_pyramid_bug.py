"""A feature pyramid: lateral convolutions, a top-down path and smoothing."""

import torch.nn.functional as F
from torch import nn

import rlt
from rlt.types import Float, Tensor


class FPN(rlt.Module):
    def __init__(self, width: int = 256) -> None:
        super().__init__()
        sizes = (2048, 1024, 512)  # BUG: forward goes from the finest map up, (512, 1024, 2048)
        self.lateral = nn.ModuleList([nn.Conv2d(c, width, kernel_size=1) for c in sizes])
        self.smooth = nn.ModuleList([nn.Conv2d(width, width, 3, padding=1) for _ in sizes])

    @rlt.typed
    def forward(
        self,
        c3: Float[Tensor, "batch 512 4*h 4*w"],
        c4: Float[Tensor, "batch 1024 2*h 2*w"],
        c5: Float[Tensor, "batch 2048 h w"],
    ) -> tuple[
        Float[Tensor, "batch width 4*h 4*w"],
        Float[Tensor, "batch width 2*h 2*w"],
        Float[Tensor, "batch width h w"],
    ]:
        p3, p4, p5 = [conv(c) for conv, c in zip(self.lateral, (c3, c4, c5))]  # ALSO
        p4 = p4 + F.interpolate(p5, scale_factor=2, mode="nearest")
        p3 = p3 + F.interpolate(p4, scale_factor=2, mode="nearest")
        return self.smooth[0](p3), self.smooth[1](p4), self.smooth[2](p5)
