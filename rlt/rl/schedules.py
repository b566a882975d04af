"""Values that change over a run: learning rate, clip range, entropy coefficient, exploration."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from rlt.errors import ConfigError

_KINDS = ("constant", "linear", "cosine")


@dataclass(frozen=True)
class Schedule:
    """A number over the course of a run. Written as `3e-4`, `linear:1e-3` (down to 0), `linear:1e-3:1e-5`, `cosine:1e-3:0`;
    `linear:1:0.05@0.2` ends after a fifth of the run and stays there."""

    kind: str
    start: float
    end: float
    fraction: float = 1.0
    """The part of the run over which it goes from `start` to `end`."""

    described: ClassVar[str] = "a number, or a schedule such as linear:3e-4 or linear:1:0.05@0.2"

    @classmethod
    def parse(cls, value: Any) -> Schedule:
        """From a number, its text, or `KIND:START[:END][@FRACTION]`. ValueError where it is none of these."""
        if isinstance(value, Schedule):
            return value
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise TypeError
        if not isinstance(value, str):
            return cls._finite("constant", float(value), float(value))
        text, _, part = value.strip().partition("@")
        words = text.split(":")
        kind = words[0] if words[0] in _KINDS else "constant"
        try:
            numbers = [float(w) for w in (words[1:] if words[0] in _KINDS else words)]
            fraction = float(part) if part else 1.0
        except ValueError:
            raise ValueError from None
        if kind == "constant" and len(numbers) == 1 and not part:
            return cls._finite("constant", numbers[0], numbers[0])
        if kind == "constant" or not 1 <= len(numbers) <= 2 or not 0 < fraction <= 1:
            raise ValueError
        return cls._finite(kind, numbers[0], numbers[1] if len(numbers) == 2 else 0.0, fraction)

    @classmethod
    def _finite(cls, kind: str, start: float, end: float, fraction: float = 1.0) -> Schedule:
        if not (math.isfinite(start) and math.isfinite(end)):
            raise ValueError
        return cls(kind, start, end, fraction)

    def at(self, progress: float) -> float:
        """The value when `progress` (0 to 1) of the run is over."""
        if self.kind == "constant":
            return self.start
        done = min(max(progress / self.fraction, 0.0), 1.0)
        if self.kind == "cosine":
            done = (1 - math.cos(math.pi * done)) / 2
        return self.start + (self.end - self.start) * done

    @property
    def is_constant(self) -> bool:
        """Whether it is one number throughout."""
        return self.kind == "constant"

    def plain(self) -> float | str:
        """As it is written in YAML: `parse` reads it back to the bit."""
        if self.is_constant:
            return self.start
        end = f":{self.end!r}" if self.end else ""
        return f"{self.kind}:{self.start!r}{end}" + (f"@{self.fraction!r}" if self.fraction < 1 else "")


def refuse_negative(options: Any, *names: str) -> None:
    """ConfigError where one of these options of an agent, a number or a schedule, is negative anywhere: a step would go
    uphill. None is none."""
    for name in names:
        value = getattr(options, name)
        if isinstance(value, Schedule):
            if min(value.start, value.end) < 0:
                raise ConfigError(f"agent.{name}={value.plain()} does not fit", "expected numbers of at least 0")
        elif value is not None and value < 0:
            raise ConfigError(f"agent.{name}={value} does not fit", "expected a number of at least 0")
