"""How an owner and a worker wait for each other: in shared memory while both are at it, else asleep.

Waking a process that sleeps costs 50 to 100 us on a virtual machine, as much as a step of some environments; a look into
shared memory costs nothing. So a side that waits looks for a moment, as long as such looking has paid lately and nobody
else wants its core, and then sleeps on the socket. One that hears nothing for long (a learner updates) sleeps at once.
"""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Callable
from time import perf_counter

SIZE = 128
"""Bytes of shared memory that one line takes: a cache line for each side."""
WAKE, MESSAGE = b"w", b"m"
"""Bytes on the socket: what wakes one that sleeps, and what precedes a message."""

_COUNT, _WHAT, _ASLEEP = range(3)
_PATIENCE = 1e-3
"""Seconds of looking before a side sleeps: what several wake-ups cost."""
_CROWDED = 100e-6
"""A look that took longer than this was interrupted: somebody else wants the core."""
_REST = 4
"""Waits without looking after one that was interrupted."""
# Elsewhere a number could be seen before the arrays that were written before it; through the socket it cannot.
_LOOKS = platform.machine().lower() in ("x86_64", "amd64", "i386", "i686") and hasattr(os, "sched_yield")


class Line:
    """One side's end. Each side counts what it said, in its own part of the memory, and waits for the other's count."""

    def __init__(
        self, cells: memoryview, side: int, wake: Callable[[], None], sleep: Callable[[], object]
    ) -> None:
        """`cells` are 16 int64, zero at the start; the sides are 0 and 1. `wake` sends `WAKE` to the other side and never
        waits; `sleep` returns when something has come through the socket, and raises when nothing ever will."""
        self._own, self._other = cells[8 * side : 8 * side + 8], cells[8 * (1 - side) : 8 * (1 - side) + 8]
        self._wake, self._sleep = wake, sleep
        self._heard, self._last, self._rest = 0, 0.0, 0
        self._fence = threading.Lock()

    def say(self, what: int) -> None:
        """Says a number; all that was written before is seen by the side that hears it."""
        own = self._own
        own[_WHAT] = what
        own[_COUNT] += 1
        with self._fence:  # the count is written before the flag is read: a lock is a barrier
            pass
        if self._other[_ASLEEP]:
            self._wake()

    @property
    def is_due(self) -> bool:
        """Whether `hear` would not wait."""
        return bool(self._other[_COUNT] != self._heard)

    def hear(self) -> int:
        """Waits for the next number that the other side says."""
        other, wanted = self._other, self._heard + 1
        if other[_COUNT] != wanted:
            start = perf_counter()
            if not self._look(start, wanted):
                own = self._own
                own[_ASLEEP] = 1
                with self._fence:
                    pass
                while other[_COUNT] != wanted:
                    self._sleep()
                own[_ASLEEP] = 0
            self._last = perf_counter() - start
        self._heard = wanted
        return other[_WHAT]

    def _look(self, start: float, wanted: int) -> bool:
        if not _LOOKS or self._last > _PATIENCE:
            return False
        if self._rest:
            self._rest -= 1
            return False
        other, before = self._other, start
        while True:
            for _ in range(10):
                if other[_COUNT] == wanted:
                    return True
            os.sched_yield()
            now = perf_counter()
            if now - before > _CROWDED:
                self._rest = _REST
                return other[_COUNT] == wanted
            if now - start > _PATIENCE:
                return False
            before = now
