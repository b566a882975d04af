"""Preparation of camera images for a convolutional network."""

import rlt
import torch
from rlt.types import Float, Tensor, UInt8

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


@rlt.typed
def prepare(images: UInt8[Tensor, "batch h w 3"]) -> Float[Tensor, "batch 3 h w"]:
    x = images.to(torch.float32).div(255.0)
    mean = torch.tensor(MEAN)
    std = torch.tensor(STD)
    x = (x - mean) / std
    return x.permute(0, 3, 1, 2).contiguous()


def example() -> object:
    return prepare(torch.randint(0, 256, (2, 48, 64, 3), dtype=torch.uint8))
