"""A proof: a claim, and what measures it at full size."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlt.store.atomic import write_text


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


def kept(file: Path, measure: Callable[[], Any]) -> Any:
    """What `measure()` gives (JSON), written to `file`; from there, where an interrupted proof had come so far."""
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_text(file, json.dumps(measure()))
    return json.loads(file.read_text(encoding="utf-8"))


def table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    """A Markdown table."""
    lines = [" | ".join(head), " | ".join("---" for _ in head), *(" | ".join(map(str, row)) for row in rows)]
    return "\n".join(f"| {line} |" for line in lines)
