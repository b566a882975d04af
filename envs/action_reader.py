"""Actions from an agent's tensors to arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from gymnasium import Space
from numpy.typing import NDArray

from rlt.envs.layout import Arrays, Layout, Leaf, anywhere
from rlt.errors import ShapeError


class ActionReader:
    """Copies a batch of actions out of tensors, arrays or lists, checks shape, kind and range."""

    def __init__(self, space: Space[Any], num_envs: int) -> None:
        self.layout = Layout(space, "action")
        self.num_envs = num_envs
        self._copiers = [_copier(leaf, num_envs) for leaf in self.layout.leaves]

    def copy(self, action: Any) -> Arrays:
        """One array `[num_envs, ...]` per leaf, counted from 0, that shares no memory with `action`."""
        if not self.layout.nested:
            return [self._copiers[0](action)]
        try:
            parts = self.layout.disassemble(action)
        except (KeyError, IndexError, TypeError) as error:
            raise ShapeError(
                f"the action does not have the structure of the action space {self.layout.space}",
                f"got: {sorted(action) if isinstance(action, dict) else type(action).__name__}",
            ) from error
        return [copy(part) for copy, part in zip(self._copiers, parts)]


def _copier(leaf: Leaf, num_envs: int) -> Callable[[Any], NDArray[Any]]:
    shape, count, kinds = (num_envs, *leaf.shape), leaf.count, "fiub" if leaf.dtype == np.float32 else "iub"
    tensor, as_unsigned = torch.Tensor, np.uint64
    limit = None if count is None else np.asarray(count, np.uint64)

    def copy(part: Any) -> NDArray[Any]:
        if part.__class__ is tensor and part.is_cpu:
            array = part.detach().numpy().copy()
        else:
            array = np.array(part.detach().cpu() if isinstance(part, tensor) else part)
        if array.shape != shape:
            raise ShapeError(
                f"{leaf.name} has a wrong shape",
                f"expected: {shape}, for {num_envs} sub-environments of {leaf.space}",
                f"got: {array.shape}",
            )
        if array.dtype != leaf.dtype:
            if array.dtype.kind not in kinds:
                raise ShapeError(f"{leaf.name} has a wrong dtype", f"expected: {leaf.dtype}", f"got: {array.dtype}")
            array = array.astype(leaf.dtype)
        # A negative number is a huge unsigned one: one comparison looks at both ends.
        if limit is not None and anywhere(array.view(as_unsigned) >= limit):
            row = int(np.argwhere(((array < 0) | (array >= count)).reshape(num_envs, -1).any(1))[0, 0])
            raise ShapeError(
                f"{leaf.name} of sub-environment {row} is out of range",
                f"expected: 0 to {np.asarray(count) - 1} (counted from 0; the space is {leaf.space})",
                f"got: {array[row]}",
            )
        return array

    return copy
