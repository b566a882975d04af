"""The table of a sweep: each job's overrides and how it ended."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import yaml

from rlt.run.folder import RunFolder
from rlt.store.atomic import write_text


def collect(folder: Path) -> int:
    """Prints the table of the sweep in `folder` and writes it there as `sweep.csv`. 2 where a job failed, else 0."""
    # At any depth: a job is named after its values, and some of these have a slash.
    jobs = {file.parent for name in ("config.yaml", "error.txt") for file in folder.rglob(name)}
    rows = [_row(path, str(path.relative_to(folder))) for path in sorted(jobs)]
    if not rows:
        return 2
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(folder / "sweep.csv", text.getvalue())
    print(_table(columns, rows))
    print(f"\nsweep: {folder}    curves: python -m rlt.report {folder}    HParams: tensorboard --logdir {folder}")
    return 2 if any("error" in row for row in rows) else 0


def _row(path: Path, job: str) -> dict[str, Any]:
    row: dict[str, Any] = {"job": job}
    run = RunFolder(path)
    if (path / "error.txt").is_file():
        return row | {"error": (path / "error.txt").read_text(encoding="utf-8").splitlines()[0]}
    row["seed"] = yaml.safe_load(run.config_file.read_text(encoding="utf-8"))["seed"]
    row["steps"] = run.record().get("steps", "")
    if run.evaluation_file.is_file():
        result = json.loads(run.evaluation_file.read_text(encoding="utf-8"))
        row |= {name: round(result[name], 2) for name in ("return_mean", "return_std", "return_iqm")}
    elif run.record().get("status") != "finished":
        row["error"] = f"it is {run.record().get('status')}"
    return row


def _table(columns: list[str], rows: list[dict[str, Any]]) -> str:
    widths = [max(len(c), *(len(str(row.get(c, ""))) for row in rows)) for c in columns]
    lines = ["  ".join(c.ljust(w) for c, w in zip(columns, widths))]
    lines += ["  ".join(str(row.get(c, "")).ljust(w) for c, w in zip(columns, widths)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)
