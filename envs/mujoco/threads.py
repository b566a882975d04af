"""Threads that call a function for each of `count` items. MuJoCo releases the interpreter lock while it steps."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


class Threads:
    """`start` hands out the items, `wait` helps with what nobody took yet and returns when all are done.

    Between the two the caller is free: the work goes on beside it. With one item or one core there are no threads,
    and `wait` does everything.
    """

    def __init__(self, work: Callable[[int], None], count: int, threads: int | None = None) -> None:
        self._work, self._count = work, count
        wanted = min(cores() if threads is None else threads, count)
        self._todo: SimpleQueue[range | None] = SimpleQueue()
        self._done: SimpleQueue[BaseException | None] = SimpleQueue()
        # Several parts for each thread: the slow environments of one part do not hold up the others.
        parts = 1 if wanted == 1 else min(count, 4 * wanted)
        self._parts = [range(count * p // parts, count * (p + 1) // parts) for p in range(parts)]
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(wanted if wanted > 1 else 0)]
        for thread in self._threads:
            thread.start()

    def start(self) -> None:
        """Hands out the items."""
        for part in self._parts:
            self._todo.put(part)

    def wait(self) -> None:
        """Returns when every item is done; raises the first error that the work raised."""
        while True:
            try:
                part = self._todo.get_nowait()
            except Empty:
                break
            self._do(part)
        errors = [error for error in (self._done.get() for _ in self._parts) if error is not None]
        if errors:
            raise errors[0]

    def close(self) -> None:
        """Ends the threads."""
        for _ in self._threads:
            self._todo.put(None)
        for thread in self._threads:
            thread.join()
        self._threads = []

    def _run(self) -> None:
        while (part := self._todo.get()) is not None:
            self._do(part)

    def _do(self, part: range | None) -> None:
        error = None
        try:
            for i in part or ():
                self._work(i)
        except BaseException as raised:  # handed to the caller of `wait`
            error = raised
        self._done.put(error)
