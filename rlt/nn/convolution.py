"""Stacks of convolutions on images."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

import rlt
from rlt.errors import ConfigError
from rlt.nn.mlp import activation
from rlt.types import Float, Tensor, UInt8


class ConvStack(rlt.Module):
    """Convolutions with an activation after each; no padding unless asked for.

    `layers` lists `(out_channels, kernel_size, stride)` or `(out_channels, kernel_size, stride, padding)`.
    """

    modeless = True

    def __init__(self, channels: int, layers: Sequence[tuple[int, ...]], activation_name: str = "relu") -> None:
        super().__init__()
        parts: list[nn.Module] = []
        before = channels
        for out, *numbers in layers:
            kernel_size, stride, padding = (*numbers, *(1, 0)[len(numbers) - 1 :])
            parts += [nn.Conv2d(before, out, kernel_size, stride, padding), activation(activation_name)()]
            before = out
        self.layers = nn.Sequential(*parts)
        self.out_channels = before

    @rlt.typed
    def forward(self, image: Float[Tensor, "batch channels height width"]) -> Float[Tensor, "batch out_channels h w"]:
        return self.layers(image)

    def _least(self) -> int:
        """The side of the smallest image of which something is left."""
        side = 1
        for layer in reversed([layer for layer in self.layers if isinstance(layer, nn.Conv2d)]):
            side = max((side - 1) * layer.stride[0] + layer.kernel_size[0] - 2 * int(layer.padding[0]), 1)
        return side

    def features(self, height: int, width: int) -> int:
        """How many numbers an image of this size becomes, flattened. ConfigError where it is too small."""
        sizes = [height, width]
        for layer in self.layers:
            if isinstance(layer, nn.Conv2d):
                numbers = zip(sizes, layer.kernel_size, layer.stride, map(int, layer.padding))
                sizes = [(size + 2 * padding - kernel) // stride + 1 for size, kernel, stride, padding in numbers]
                if min(sizes) < 1:
                    raise ConfigError(
                        f"an image of {height} x {width} is too small for {len(self.layers) // 2} convolutions",
                        f"the smallest that fits is {self._least()} x {self._least()}",
                        fix="env.wrappers=[{name: resize, height: 84, width: 84}], model=mlp, or your own network",
                    )
        return self.out_channels * sizes[0] * sizes[1]


class NatureCNN(rlt.Module):
    """The network of Mnih et al. 2015 (doi:10.1038/nature14236): bytes in, `n_out` features out."""

    modeless = True

    def __init__(self, channels: int = 4, height: int = 84, width: int = 84, n_out: int = 512) -> None:
        super().__init__()
        self.conv = ConvStack(channels, [(32, 8, 4), (64, 4, 2), (64, 3, 1)])
        features = self.conv.features(height, width)
        self.linear = nn.Linear(features, n_out)

    @rlt.typed
    def forward(self, image: UInt8[Tensor, "batch channels height width"]) -> Float[Tensor, "batch n_out"]:
        scaled = image.to(self.linear.weight.dtype) / 255
        return self._output(self.conv(scaled).flatten(1))

    def _output(self, flat: Float[Tensor, "batch features"]) -> Float[Tensor, "batch n_out"]:
        return torch.relu(self.linear(flat))
