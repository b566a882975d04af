"""Shift augmentation for pixel observations: pad, then crop back."""

import rlt
import torch
import torch.nn.functional as F
from rlt.types import Float, Tensor


@rlt.typed
def shift(images: Float[Tensor, "batch c 84 84"], dx: int = 2, dy: int = 6) -> Float[Tensor, "batch c 84 84"]:
    """Moves every image by up to four pixels; borders are replicated."""
    pad = 4
    padded = F.pad(images, (pad, pad), mode="constant")  # BUG: height is not padded, needs four numbers
    return padded[:, :, dy : dy + 84, dx : dx + 84]  # ALSO


def example() -> object:
    return shift(torch.rand(2, 3, 84, 84))
