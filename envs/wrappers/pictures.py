"""Pictures: smaller, grey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from rlt.envs.layout import Arrays
from rlt.envs.wrappers.wrapper import Attached, Base, VectorWrapper
from rlt.errors import ConfigError, SpaceError

_LUMA = np.array([0.2125, 0.7154, 0.0721])


@dataclass(frozen=True)
class Grey(VectorWrapper):
    """Colour pictures in grey."""

    keep_channel: bool = False
    """Leave a last dimension of 1."""

    def attach(self, base: Base) -> Attached:
        space = base.pictures("grey")
        if space.shape[-1] != 3 or len(space.shape) != 3:
            raise SpaceError("grey wants pictures with three channels", f"got: {base.id} with observations {space}")
        return _Grey(base, space, self.keep_channel)


class _Grey(Attached):
    def __init__(self, base: Base, space: spaces.Box, keep_channel: bool) -> None:
        self._shape = (*space.shape[:2], 1) if keep_channel else space.shape[:2]
        super().__init__(base, spaces.Box(0, 255, self._shape, np.uint8))

    def look(self, obs: Arrays) -> Arrays:
        pictures = obs[0]
        grey = np.sum(np.multiply(pictures, _LUMA), axis=-1).astype(np.uint8)  # in Gymnasium's order, to the bit
        return [grey.reshape(len(pictures), *self._shape)]


@dataclass(frozen=True)
class Resize(VectorWrapper):
    """Smaller pictures: each pixel is the mean of the area that it covers, as OpenCV's INTER_AREA."""

    height: int = 84
    width: int = 84

    def attach(self, base: Base) -> Attached:
        space = base.pictures("resize")
        height, width = space.shape[:2]
        if not (1 <= self.height <= height and 1 <= self.width <= width):
            raise ConfigError(
                f"resize makes pictures smaller, and {base.id} shows {height} x {width}",
                f"got: height={self.height}, width={self.width}",
            )
        return _Resized(base, space, (self.height, self.width))


class _Resized(Attached):
    def __init__(self, base: Base, space: spaces.Box, size: Sequence[int]) -> None:
        super().__init__(base, spaces.Box(0, 255, (*size, *space.shape[2:]), np.uint8))
        self._rows, self._columns = (_overlaps(old, new) for old, new in zip(space.shape[:2], size))
        self._area = float(space.shape[0] * space.shape[1])
        # OpenCV rounds a half up where it halves both sides, and to the even number elsewhere.
        self._half = list(space.shape[:2]) == [2 * side for side in size]

    def look(self, obs: Arrays) -> Arrays:
        # Whole numbers below 2**53 all the way: the sums are exact, in whatever order BLAS makes them.
        pictures = obs[0].astype(np.float64)
        across = np.moveaxis(np.tensordot(pictures, self._columns, ((2,), (1,))), -1, 2)
        sums = np.moveaxis(np.tensordot(across, self._rows, ((1,), (1,))), -1, 1)
        mean = sums / self._area
        rounded = np.floor(mean + 0.5) if self._half else np.rint(mean)
        return [np.ascontiguousarray(rounded.astype(np.uint8))]


def _overlaps(old: int, new: int) -> NDArray[Any]:
    """How much of old pixel j lies in new pixel i, in units of 1 / new of an old pixel: `[new, old]`."""
    begins, ends = np.arange(new)[:, None] * old, np.arange(1, new + 1)[:, None] * old
    cells = np.arange(old)[None] * new
    overlap: NDArray[Any] = np.clip(np.minimum(ends, cells + new) - np.maximum(begins, cells), 0, None).astype(np.float64)
    return overlap
