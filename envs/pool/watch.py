"""A call into an environment of this process that does not return: it is interrupted, and where that fails the process ends.

Python runs the handler of a signal in the main thread between two lines of Python, and also while that thread sleeps, waits
for a lock or reads a socket. What neither comes back nor can be interrupted (a loop in C, a call from another thread) is
given some seconds more; then what hangs is said and the process ends, since nothing else is left to do.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from time import perf_counter
from types import FrameType
from typing import Any

_SIGNAL = signal.SIGRTMIN + 11 if hasattr(signal, "SIGRTMIN") else None
_GRACE = 5.0
"""Seconds that an interrupted call gets to come back."""
_EXIT = 2
_MAIN = threading.main_thread().ident or 0


class Late(BaseException):
    """Raised inside a call that took too long; no `except Exception` of an environment stops it."""


class Watch:
    """Runs calls in this thread while another one looks at the clock."""

    def __init__(self, what: str, seconds: float) -> None:
        """`what` names what is called, for the last words of the process; a call may take `seconds`."""
        self.what, self.seconds = what, seconds
        self._task, self._began = "", 0.0
        """What is being called, empty between calls, and since when."""
        self._interrupts = _SIGNAL is not None and _install(_SIGNAL)
        self._closed = threading.Event()
        threading.Thread(target=self._look, name="rlt: hung environments", daemon=True).start()

    def call(self, asked: Callable[[], Any], task: str) -> Any:
        """What `asked` returns. `Late` when it took too long."""
        global _current
        self._began = perf_counter()
        self._task, _current = task, self if threading.get_ident() == _MAIN else None
        try:
            return asked()
        finally:
            self._task, _current = "", None

    def close(self) -> None:
        """Looks no more."""
        self._closed.set()

    @property
    def late(self) -> bool:
        """Whether the present call has taken too long."""
        return bool(self._task) and perf_counter() - self._began > self.seconds

    def _look(self) -> None:
        interrupted = 0.0
        while not self._closed.wait(min(self.seconds / 4, 1.0)):
            if not self.late:
                interrupted = 0.0
            elif not interrupted:
                interrupted = perf_counter()
                if self._interrupts and _current is self and _SIGNAL is not None:
                    signal.pthread_kill(_MAIN, _SIGNAL)
            elif perf_counter() - interrupted > _GRACE and self.late:
                self._give_up()

    def _give_up(self) -> None:
        """Ends the process. Workers end with it, and shared memory has no name that could be left behind."""
        print(
            f"error: {self.what} did not finish {self._task} in {self.seconds:g} s and cannot be interrupted\n"
            "  this process ends; a run goes on from its last checkpoint\n"
            "  fix: timeout=SECONDS if the environment is only slow; workers=N keeps it out of this process",
            file=sys.stderr, flush=True,
        )
        os._exit(_EXIT)


_current: Watch | None = None
"""The watch whose call runs in the main thread."""


def _install(number: int) -> bool:
    """Whether the main thread can be interrupted by this signal, which nobody else uses."""
    if threading.current_thread() is not threading.main_thread():
        return False
    if signal.getsignal(number) is signal.SIG_DFL:
        signal.signal(number, _interrupt)
    return signal.getsignal(number) is _interrupt


def _interrupt(number: int, frame: FrameType | None) -> None:
    if _current is not None and _current.late:  # else it came back meanwhile
        raise Late
