"""Stacks of convolutions on images."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

import rlt
from rlt.nn.mlp import activation
from rlt.types import Float, Tensor, UInt8


class ConvStack(rlt.Module):
    """Convolutions with an activation after each; no padding unless asked for.

    `layers` lists `(out_channels, kernel_size, stride)` or `(out_channels, kernel_size, stride, padding)`.
    """

    def __init__(self, channels: int, layers: Sequence[tuple[int, ...]], activation_name: str = "relu") -> None:
        super().__init__()
        parts: list[nn.Module] = []
        before = channels
        for out, kernel_size, stride, *padding in layers:
            parts += [nn.Conv2d(before, out, kernel_size, stride, sum(padding)), activation(activation_name)()]
            before = out
        self.layers = nn.Sequential(*parts)
        self.out_channels = before

    @rlt.typed
    def forward(self, image: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch out_channels h w"]:
        y: Tensor = self.layers(image)
        return y

    def features(self, channels: int, height: int, width: int) -> int:
        """How many numbers an image of this size becomes, flattened."""
        with torch.device("meta"):
            image = torch.empty(1, channels, height, width)
        for layer in self.layers:
            if isinstance(layer, nn.Conv2d):
                image = nn.functional.conv2d(
                    image,
                    torch.empty_like(layer.weight, device="meta"),
                    None,
                    layer.stride,
                    layer.padding,
                    layer.dilation,
                    layer.groups,
                )
        return image.flatten(1).shape[1]


class NatureCNN(rlt.Module):
    """The network of Mnih et al. 2015 (doi:10.1038/nature14236): bytes in, `n_out` features out."""

    def __init__(self, channels: int = 4, height: int = 84, width: int = 84, n_out: int = 512) -> None:
        super().__init__()
        self.conv = ConvStack(channels, [(32, 8, 4), (64, 4, 2), (64, 3, 1)])
        self.linear = nn.Linear(self.conv.features(channels, height, width), n_out)

    @rlt.typed
    def forward(self, image: UInt8[Tensor, "batch channels height width"]) -> Float[Tensor, "batch n_out"]:
        scaled = image.to(self.linear.weight.dtype) / 255
        return torch.relu(self.linear(self.conv(scaled).flatten(1)))
