"""Observations of any space as one vector: what stands before fully connected layers."""

from __future__ import annotations

import math
from typing import Any

import torch
from gymnasium import Space, spaces
from torch import nn

import rlt
from rlt.errors import SpaceError
from rlt.nn.convolution import NatureCNN
from rlt.rl.spaces import space_leaves, space_map
from rlt.rl.trees import leaves_like, tree_leaves
from rlt.shapes.spaces import channels_last, describe_space
from rlt.types import Float, Int64, Shaped, Tensor


class Encoder(nn.Module):
    """A vector `[batch, size]` of an observation: floats flattened, Discrete and MultiDiscrete one-hot, MultiBinary as 0 and 1,
    images of bytes through a `NatureCNN` of `features` outputs each (channels first or last), and these side by side."""

    modeless = True

    def __init__(self, space: Space[Any], features: int = 256) -> None:
        super().__init__()
        parts = [_part(leaf, features) for leaf in space_leaves(space)]
        self.parts = nn.ModuleList(parts)
        self.size = sum([part.size for part in parts])
        self.structure = space_map(lambda leaf: None, space)

    @rlt.typed
    def forward(self, obs: Any) -> Float[Tensor, "batch size"]:
        encoded = [part(leaf) for part, leaf in zip(self.parts, leaves_like(self.structure, obs))]
        return encoded[0] if len(encoded) == 1 else torch.cat(encoded, -1)


class Flat(nn.Module):
    """Numbers as they are, in one dimension; bytes from 0 to 1."""

    modeless = True

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    @rlt.typed
    def forward(self, x: Shaped[Tensor, "batch *shape"]) -> Float[Tensor, "batch size"]:
        return flattened(x)


class Bits(nn.Module):
    """Booleans as 0 and 1."""

    modeless = True

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        """Bool `[batch, …]` to float `[batch, size]`."""
        return x.reshape(x.shape[0], self.size).to(torch.get_default_dtype())


class OneHot(nn.Module):
    """Choices, each as a vector with a 1 at its number."""

    modeless = True
    first: Int64[Tensor, "parts"]

    def __init__(self, choices: tuple[int, ...]) -> None:
        super().__init__()
        self.size = sum(choices)
        starts = [sum(choices[:i]) for i in range(len(choices))]
        self.register_buffer("first", torch.tensor(starts, dtype=torch.int64), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Int64 `[batch, …]` to float `[batch, size]`."""
        places = x.reshape(x.shape[0], -1) + self.first
        hot = torch.zeros(x.shape[0], self.size, device=x.device)
        return hot.scatter(1, places, 1.0)


class Image(nn.Module):
    """An image of bytes through the network of Mnih et al. 2015."""

    modeless = True

    def __init__(self, shape: tuple[int, ...], features: int) -> None:
        super().__init__()
        self.turned = channels_last(shape)
        height, width, channels = shape if self.turned else (*shape[1:], shape[0])
        self.network, self.size = NatureCNN(channels, height, width, features), features

    def forward(self, x: Tensor) -> Tensor:
        """UInt8 `[batch, …]`, channels first or last, to float `[batch, size]`."""
        features: Tensor = self.network(x.movedim(-1, 1) if self.turned else x)
        return features


def _part(space: Space[Any], features: int) -> Flat | Bits | OneHot | Image:
    if isinstance(space, spaces.Box) and space.dtype is not None:
        if space.dtype == "uint8" and len(space.shape) == 3:
            return Image(tuple(space.shape), features)
        if space.dtype.kind in "fiub":
            return Flat(math.prod(space.shape))
    if isinstance(space, spaces.Discrete):
        return OneHot((int(space.n),))
    if isinstance(space, spaces.MultiDiscrete):
        return OneHot(tuple(int(n) for n in space.nvec.reshape(-1)))
    if isinstance(space, spaces.MultiBinary):
        return Bits(math.prod(space.shape))
    raise SpaceError(
        f"observations {describe_space(space)} cannot be read by rlt's own networks",
        "expected a Box of numbers, Discrete, MultiDiscrete or MultiBinary",
        fix="model.name=my_package:MyNet",
    )


def flattened(obs: Tensor) -> Tensor:
    """Numbers `[batch, …]` as vectors `[batch, n]`; bytes from 0 to 1."""
    flat = obs.reshape(obs.shape[0], -1)
    return flat / 255 if flat.dtype == torch.uint8 else flat


def rows(obs: Any) -> int:
    """The batch size of an observation."""
    return int(tree_leaves(obs)[0].shape[0])
