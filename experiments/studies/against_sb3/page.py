"""The study's files: raw scores, a table, a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.studies.against_sb3.comparison import Comparison
from experiments.studies.against_sb3.sides import Score


def write_results(out: Path, scores: Sequence[Score], comparisons: Sequence[Comparison]) -> None:
    for c in comparisons:
        print(c.task.name, c.ours, c.theirs, c.random, c.difference, c.interval, c.holds)
