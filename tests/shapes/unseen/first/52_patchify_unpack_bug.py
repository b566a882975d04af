"""Splitting images into flat patches."""

import rlt
import torch
from rlt.types import Float, Tensor

PATCH = 8


@rlt.typed
def patchify(images: Float[Tensor, "batch 3 32 48"]) -> Float[Tensor, "batch 24 192"]:
    b, h, w, c = images.shape  # BUG: images are [batch, channels, height, width]
    rows, cols = h // PATCH, w // PATCH
    x = images.reshape(b, c, rows, PATCH, cols, PATCH)  # ALSO
    x = x.permute(0, 2, 4, 3, 5, 1)
    return x.reshape(b, rows * cols, PATCH * PATCH * c)  # ALSO


def example() -> object:
    return patchify(torch.rand(2, 3, 32, 48))
