"""`metrics.csv`: one row per event of a run, one column per metric.

Numbers are written so that they read back to the bit. Columns under `time/` tell the clock; all others repeat exactly
when the run is repeated. A metric that a row lacks is an empty cell.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from pathlib import Path

from rlt.errors import RunError
from rlt.store.atomic import write_text


class MetricsCsv:
    """Appends rows to `path`; NaN is an empty cell. With `resume_at`, rows after that step are dropped first: they come again."""

    def __init__(self, path: Path, resume_at: int | None = None) -> None:
        self.path = path
        self.columns: list[str] = ["steps"]
        if resume_at is not None and path.exists():
            self.columns, rows = _read_rows(path)
            self._rewrite([row for row in rows if int(row["steps"]) <= resume_at])
        else:
            self._rewrite([])

    def write(self, steps: int, metrics: Mapping[str, float]) -> None:
        """Adds the row of `steps` and flushes it. A metric that is new adds a column, empty in the rows before."""
        row = {"steps": str(steps)} | {name: _text(value) for name, value in metrics.items()}
        new = [name for name in row if name not in self.columns]
        if new:
            rows = _read_rows(self.path)[1]
            self.columns += new
            self._rewrite([*rows, row])
            return
        with open(self.path, "a", newline="", encoding="utf-8") as file:
            csv.DictWriter(file, self.columns, restval="", lineterminator="\n").writerow(row)

    def _rewrite(self, rows: list[dict[str, str]]) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        write_text(self.path, text.getvalue())


def read_metrics(path: Path) -> dict[str, list[float]]:
    """Every column as numbers, NaN where a cell is empty. RunError where there is no such file."""
    if not path.is_file():
        raise RunError(f"{path} is not there: the folder holds no run of rlt")
    columns, rows = _read_rows(path)
    return {name: [float(row[name]) if row[name] else math.nan for row in rows] for name in columns}


def _read_rows(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        rows = [row for row in reader if None not in row.values()]  # a kill may leave the last line short
        return list(reader.fieldnames or ["steps"]), rows


def _text(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    return "" if math.isnan(value) else repr(float(value))
