"""Arrays that several processes see. The memory has no name, so nothing is left behind however a process ends."""

from __future__ import annotations

import mmap
import os
import tempfile
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rlt.envs.layout import Arrays, Layout
from rlt.envs.pool import line

_ALIGNMENT = 64  # a cache line: two workers never write to the same one


class Board(NamedTuple):
    """One step of the whole vector: what the owner writes (actions) and what workers write (the rest)."""

    actions: Arrays
    obs: Arrays
    final: Arrays
    reward: NDArray[np.float32]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    mask: NDArray[np.bool_]

    def rows(self, first: int, count: int) -> Board:
        """The part that belongs to `count` sub-environments from `first` on."""

        def cut(array: Any) -> Any:
            own = slice(first, first + count)
            return [leaf[own] for leaf in array] if isinstance(array, list) else array[own]

        return Board(*(cut(part) for part in self))


_NO_FLAGS = np.empty(0, np.bool_)
EMPTY = Board([], [], [], np.empty(0, np.float32), _NO_FLAGS, _NO_FLAGS, _NO_FLAGS)
"""Before the memory is sized."""


def create() -> int:
    """A file descriptor of memory that grows by `os.ftruncate`."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("rlt-pool")
    else:
        with tempfile.TemporaryFile() as file:  # unlinked from the start
            fd = os.dup(file.fileno())
    return fd


class Shape(NamedTuple):
    """What the size of the memory depends on."""

    workers: int
    num_envs: int
    observations: Layout
    actions: Layout
    mask_size: int

    @property
    def bytes(self) -> int:
        """Bytes of the lines and the board."""
        return _lay_out(None, self)[1]


def attach(fd: int, shape: Shape) -> tuple[memoryview, Board]:
    """The lines of the workers, 16 int64 each, and the board in the memory behind `fd`; the mapping lives as long as
    what is returned."""
    memory = mmap.mmap(fd, shape.bytes)
    board, _ = _lay_out(memory, shape)
    return memoryview(memory)[: shape.workers * line.SIZE].cast("q"), board


def _lay_out(memory: mmap.mmap | None, of: Shape) -> tuple[Any, int]:
    offset, n = of.workers * line.SIZE, of.num_envs

    def place(shape: tuple[int, ...], dtype: Any) -> Any:
        nonlocal offset
        start, count = offset, int(np.prod(shape))
        offset += -(-count * np.dtype(dtype).itemsize // _ALIGNMENT) * _ALIGNMENT + _ALIGNMENT
        if memory is None:
            return None
        return np.frombuffer(memory, dtype, count, start).reshape(shape) if count else np.empty(shape, dtype)

    def leaves(layout: Layout) -> Any:
        return [place((n, *leaf.shape), leaf.dtype) for leaf in layout.leaves]

    board = Board(
        actions=leaves(of.actions),
        obs=leaves(of.observations),
        final=leaves(of.observations),
        reward=place((n,), np.float32),
        terminated=place((n,), np.bool_),
        truncated=place((n,), np.bool_),
        mask=place((n, of.mask_size), np.bool_),
    )
    return board, offset
