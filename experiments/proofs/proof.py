"""A proof: a claim, and what measures it at full size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Result:
    """What was measured."""

    holds: bool
    figures: str
    """Markdown: a sentence or a table."""
    commands: tuple[str, ...] = ()
    """What a person would type to see the same."""


@dataclass(frozen=True)
class Proof:
    """`measure(folder)` works in a folder of its own and goes on with what it finds there after an interruption."""

    name: str
    claim: str
    """A sentence that holds or does not."""
    measure: Callable[[Path], Result]
    long: bool = False
    """Left out unless it is asked for: by `only=NAME` or `long=true`."""


def table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    """A Markdown table."""
    lines = [" | ".join(head), " | ".join("---" for _ in head), *(" | ".join(map(str, row)) for row in rows)]
    return "\n".join(f"| {line} |" for line in lines)
