"""What a person sees while a run goes on: one live line in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Protocol

_PLAIN_SECONDS = 10.0


class Progress(Protocol):
    """Shows how far a run is."""

    def update(self, steps: int, rate: float, headline: Mapping[str, float]) -> None:
        """`rate` in steps per second; `headline` is what the learner wants seen, such as the mean return."""

    def say(self, text: str) -> None:
        """A line that stays."""

    def close(self) -> None:
        """Leaves the terminal as it was."""


def make_progress(kind: str, start: int, stop: int) -> Progress:
    """`rich`, `plain`, `off`, or `auto`: rich where standard error is a terminal."""
    if kind == "auto":
        kind = "rich" if sys.stderr.isatty() else "plain"
    if kind == "off":
        return _Silent()
    return _RichProgress(start, stop) if kind == "rich" else _PlainProgress(start, stop)


def describe_duration(seconds: float) -> str:
    """`1:02:03` or `2:03`."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def describe_headline(headline: Mapping[str, float]) -> str:
    """`return 203.4  length 271`."""
    return "  ".join(f"{name} {value:.1f}" for name, value in headline.items())


class _Silent:
    def update(self, steps: int, rate: float, headline: Mapping[str, float]) -> None:
        pass

    def say(self, text: str) -> None:
        pass

    def close(self) -> None:
        pass


class _PlainProgress:
    """A line every ten seconds, for logs and pipes."""

    def __init__(self, start: int, stop: int) -> None:
        self.start, self.stop, self.shown = start, stop, time.monotonic()

    def update(self, steps: int, rate: float, headline: Mapping[str, float]) -> None:
        now = time.monotonic()
        if now - self.shown < _PLAIN_SECONDS and steps < self.stop:
            return
        self.shown = now
        left = describe_duration((self.stop - steps) / rate) if rate else "?"
        self.say(f"{steps:>11,} of {self.stop:,} steps  {rate:,.0f} steps/s  {left} left  {describe_headline(headline)}".rstrip())

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def close(self) -> None:
        pass


class _RichProgress:
    """One live line: bar, steps, rate, time left, headline."""

    def __init__(self, start: int, stop: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as RichProgress

        self._progress = RichProgress(
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f}%"),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
            TextColumn("[dim]{task.fields[rate]}[/]"),
            TextColumn("[dim]{task.fields[left]}[/]"),
            TextColumn("[bold]{task.fields[headline]}[/]"),
            console=Console(stderr=True),
            refresh_per_second=4,
        )
        self._task = self._progress.add_task("", total=stop, completed=start, rate="", left="", headline="")
        self._stop = stop
        self._progress.start()

    def update(self, steps: int, rate: float, headline: Mapping[str, float]) -> None:
        left = f"{describe_duration((self._stop - steps) / rate)} left" if rate else ""
        self._progress.update(
            self._task, completed=steps, rate=f"{rate:,.0f} steps/s", left=left, headline=describe_headline(headline)
        )

    def say(self, text: str) -> None:
        self._progress.console.print(text, highlight=False, markup=False)

    def close(self) -> None:
        self._progress.stop()
