"""Actions as arrays, one per leaf, to what each sub-environment's `step` expects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from gymnasium import Space, spaces
from numpy.typing import NDArray

from rlt.envs.layout import Arrays, Layout, Leaf


class ActionRows:
    """Gives each sub-environment its action in its own space's dtype and count."""

    def __init__(self, space: Space[Any]) -> None:
        self.layout = Layout(space, "action")
        self._rows = [_rows(leaf) for leaf in self.layout.leaves]

    def __call__(self, arrays: Arrays) -> Sequence[Any]:
        """One action per sub-environment, from arrays `[num_envs, ...]` that count from 0."""
        if not self.layout.nested:
            return self._rows[0](arrays[0])
        parts = [rows(array) for rows, array in zip(self._rows, arrays)]
        return [self.layout.assemble(list(row)) for row in zip(*parts)]


def _rows(leaf: Leaf) -> Callable[[NDArray[Any]], Sequence[Any]]:
    space, start = leaf.space, leaf.start
    dtype = np.dtype(space.dtype)
    if isinstance(space, spaces.Discrete) and start == 0 and dtype == np.int64:
        return list  # of NumPy integers, as Gymnasium's own samples are
    if isinstance(space, (spaces.Discrete, spaces.MultiDiscrete)):
        return lambda array: list((array + start).astype(dtype))
    if dtype.kind in "iu" and leaf.dtype == np.float32:
        return lambda array: list(np.rint(array).astype(dtype))
    return lambda array: list(array.astype(dtype, copy=False))
