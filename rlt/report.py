"""`python -m rlt.report RUN…`: learning curves of one or many runs, and a table of their final evaluations."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from rlt.assembly.arguments import Command, Words, run
from rlt.errors import ConfigError, MissingExtra, RunError, one_of
from rlt.log.markdown import table
from rlt.log.plot import Line, Panel, draw
from rlt.rl.curves import Curve, across_seeds
from rlt.rl.statistics import score_text, summarise
from rlt.run.collection import LoggedRun, SeedGroup, find_runs, group_by_settings
from rlt.run.folder import RunFolder
from rlt.run.progress import describe_duration
from rlt.store.atomic import write_text

_NAMES = {"evaluation/return_mean": "evaluation return", "episode/return": "training return"}
_NONE = "–"
_FEW_SEEDS = (
    "intervals over fewer than 6 seeds are too narrow for their name: they hold the median of all seeds at most "
    "50 times in 100 with 2 seeds, 75 with 3, 88 with 4, 94 with 5"
)
_COLUMNS = 3
"""Panels side by side."""


@dataclass(frozen=True)
class ReportOptions:
    """What a report shows and where it goes."""

    out: str | None = None
    """Folder for curves.png, curves.svg and report.md. null: `report` beside the runs, or below a sweep's folder."""
    metric: tuple[str, ...] = ("evaluation/return_mean", "episode/return")
    """Columns of metrics.csv to draw, one panel each, separated by commas."""
    x: Literal["steps", "time"] = "steps"
    """What lies on the x axis: environment steps, or seconds of training."""


COMMAND = Command(
    "rlt.report",
    "Draws the learning curves of runs (PNG and SVG) and writes a table of their final evaluations (Markdown).\n\n"
    "Runs that differ only in the seed become one curve: the mean over seeds with the 95 % bootstrap interval of that "
    "mean, each seed as a thin line. Where the seeds have rows at the same steps, these are used as they are; else "
    "they are interpolated linearly on 200 points of the stretch that all of them cover. The final evaluation is the "
    "last point of the evaluation's curve.\n\n"
    "The table gives the mean, standard deviation, interquartile mean (IQM) and its interval over the mean returns of "
    "the seeds.",
    ReportOptions,
    Words("RUN…", "the folder of a run, or a folder that holds runs at any depth (a sweep)"),
    (
        ("runs/ppo_lunarlander/DATE", "one run"),
        ("runs/ppo_lunarlander", "all runs of an experiment: seeds together, settings apart"),
        ("runs/ppo_lunarlander/sweep_DATE out=report", "a sweep: one curve for each setting"),
        ("runs/a runs/b x=time metric=episode/return", "two runs, training return over time"),
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code: 0, or 2 after a mistake of the user."""
    return run(COMMAND, argv, _report)


def _report(paths: list[str], options: ReportOptions) -> int:
    runs = [LoggedRun.read(folder) for folder in find_runs(paths)]
    logged = [r for r in runs if r.steps]
    if not logged:
        raise RunError(f"{runs[0].path} has logged nothing yet", "expected rows in metrics.csv")
    groups, notes = group_by_settings(logged)
    notes += [f"{r.path} is left out: it has logged nothing yet" for r in runs if not r.steps]
    notes += [f"{r.path} has no final evaluation: {r.status}" for g in groups for r in g.runs if not r.evaluation]
    notes += [_FEW_SEEDS] if any(1 < len(g.runs) < 6 for g in groups) else []
    panels = _panels(groups, _metrics_to_draw(logged, options), options.x)
    out = Path(options.out) if options.out is not None else _default_folder(paths)
    pictures = [out / "curves.png", out / "curves.svg"]
    missing: MissingExtra | None = None
    try:
        out.mkdir(parents=True, exist_ok=True)
        draw(panels, pictures, caption=_caption(groups))
    except MissingExtra as error:
        missing, pictures = error, []
    except OSError as error:
        raise RunError(f"{out} cannot be written", str(error), fix="out=FOLDER") from None
    seeds = _seed_table(groups)
    write_text(out / "report.md", _page(seeds, _run_table(groups), _caption(groups), notes, bool(pictures)))
    print(seeds)
    for note in notes:
        print(f"note: {note}")
    print("\nwritten: " + ", ".join(str(file) for file in (*pictures, out / "report.md")))
    if missing is not None:
        print(f"no picture: {missing.what}; {missing.fix} brings it")
    return 0


def _metrics_to_draw(runs: Sequence[LoggedRun], options: ReportOptions) -> list[str]:
    """The metrics that some run has. ConfigError for one that was asked for and that none has."""
    known = {name for r in runs for name, column in r.metrics.items() if name != "steps" and not np.isnan(column).all()}
    known |= {name for r in runs for name in _final(r)}
    asked = options.metric != ReportOptions.metric
    for metric in options.metric:
        if metric not in known and asked:
            raise ConfigError(f"metric={metric}: none of these runs has logged it", one_of(metric, known))
    drawn = [m for m in options.metric if m in known]
    if not drawn:
        raise ConfigError("none of these runs has logged a return", one_of("return", known), fix="metric=NAME")
    return drawn


def _default_folder(paths: Sequence[str]) -> Path:
    """`report` below the only folder of many runs, beside runs that lie side by side, else in the working directory."""
    if len(paths) == 1 and not RunFolder(paths[0]).config_file.is_file():
        return Path(paths[0]) / "report"
    parents = {Path(path).resolve().parent for path in paths}
    return Path(paths[0]).parent / "report" if len(parents) == 1 else Path("report")


def _panels(groups: Sequence[SeedGroup], metrics: Sequence[str], x: Literal["steps", "time"]) -> list[list[Panel]]:
    """A panel for each metric; every task begins a row."""
    rows = []
    for task in dict.fromkeys(g.task for g in groups):
        panels = [
            Panel(
                task or "all runs", _NAMES.get(metric, metric),
                tuple(line for g in groups if g.task == task if (line := _line(g, metric, x)) is not None),
                "seconds" if x == "time" else "steps",
            )
            for metric in metrics
        ]
        rows += [panels[i : i + _COLUMNS] for i in range(0, len(panels), _COLUMNS)]
    return rows


def _line(group: SeedGroup, metric: str, x: Literal["steps", "time"]) -> Line | None:
    """The group's mean with its seeds; a single seed has no interval. None where no run has the metric."""
    curves = [c for r in group.runs if len(c := _curve(r, metric, x))]
    label = group.label if len(group.runs) == 1 else f"{group.label} ({len(group.runs)} seeds)"
    if not curves:
        return None
    both = across_seeds(curves)
    parts = tuple((c.x, c.y) for c in curves) if len(curves) > 1 else ()
    if both is None:
        return Line(label, [], [], parts=parts)
    if not parts:
        return Line(label, both.x, both.mean)
    return Line(label, both.x, both.mean, both.low, both.high, parts)


def _curve(logged: LoggedRun, metric: str, x: Literal["steps", "time"]) -> Curve:
    """One run's metric. The last point of `evaluation/…` is the final evaluation: it stands in for a periodic one."""
    steps = np.asarray(logged.metrics["steps"])
    values = np.asarray(logged.metrics.get(metric, np.full(len(steps), np.nan)))
    final = _final(logged).get(metric)
    if final is not None:
        assert logged.evaluation is not None
        steps, values = np.append(steps, logged.evaluation["steps"]), np.append(values, final)
    return Curve.of(steps if x == "steps" else _clock(logged, steps), values)


def _final(logged: LoggedRun) -> dict[str, float]:
    """The final evaluation by the names that periodic ones have in metrics.csv."""
    result = logged.evaluation or {}
    return {f"evaluation/{k}": float(v) for k, v in result.items() if isinstance(v, int | float) and k != "steps"}


def _clock(logged: LoggedRun, steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds of training at `steps`. A row of an evaluation alone has no clock: its steps place it between two."""
    rows = np.asarray(logged.metrics["steps"])
    seconds = np.asarray(logged.metrics.get("time/elapsed", np.full(len(rows), np.nan)))
    known = ~np.isnan(seconds)
    if not known.any():
        raise RunError(f"{logged.path} has no clock", "expected the column time/elapsed in metrics.csv", fix="x=steps")
    return np.interp(steps, np.append(0.0, rows[known]), np.append(0.0, seconds[known]))


def _caption(groups: Sequence[SeedGroup]) -> str:
    if all(len(g.runs) == 1 for g in groups):
        return ""
    return "line: mean over seeds; band: 95 % bootstrap interval of the mean; thin: single seeds"


def _seed_table(groups: Sequence[SeedGroup]) -> str:
    """A row for each group: the statistics of its seeds' mean returns in the final evaluation."""
    head = ["curve", "task", "steps", "seeds", "mean", "std", "IQM", "95 % interval", "each seed"]
    rows = []
    for group in groups:
        means = [r.evaluation["return_mean"] for r in group.runs if r.evaluation]
        score = summarise(means) if len(means) > 1 else None
        rows.append([
            group.label, group.task or _NONE, _span([r.steps for r in group.runs]), str(len(group.runs)),
            score_text(float(np.mean(means))) if means else _NONE,
            score_text(score.std) if score else _NONE,
            score_text(score.iqm) if score else _NONE,
            " to ".join(map(score_text, score.interval)) if score else _NONE,
            ", ".join(map(score_text, means)) or _NONE,
        ])
    return table(head, rows, numbers=head[2:7])


def _run_table(groups: Sequence[SeedGroup]) -> str:
    """A row for each run: its final evaluation over episodes, and what it took."""
    below = _common_folder([r.path for group in groups for r in group.runs])
    scores = ["mean", "std", "IQM", "95 % interval", "length"]
    head = ["run", "seed", "status", "steps", "episodes", *scores, "steps/s", "time"]
    rows = []
    for r in (r for group in groups for r in group.runs):
        score = r.evaluation or {}
        low_high = score.get("return_interval")
        rows.append([
            os.path.relpath(r.path, below) if below else str(r.path),
            _NONE if r.seed is None else str(r.seed),
            r.status,
            f"{r.steps:,}",
            str(score.get("episodes", _NONE)),
            *(score_text(score[k]) if k in score else _NONE for k in ("return_mean", "return_std", "return_iqm")),
            " to ".join(map(score_text, low_high)) if low_high else _NONE,
            score_text(score["length_mean"]) if "length_mean" in score else _NONE,
            f"{r.steps / r.elapsed:,.0f}" if r.elapsed else _NONE,
            describe_duration(r.elapsed) if r.elapsed else _NONE,
        ])
    text = table(head, rows, numbers=[name for name in head if name not in ("run", "status", "95 % interval")])
    return f"Below `{below}`:\n\n{text}" if below else text


def _common_folder(paths: Sequence[Path]) -> str | None:
    """The deepest folder that holds all of several runs; None where that is only the root, or for one run."""
    if len(paths) < 2 or len({path.is_absolute() for path in paths}) > 1:
        return None
    common = os.path.commonpath([path.parent for path in paths])
    return common if common not in ("", os.sep) else None


def _span(values: Sequence[int]) -> str:
    """One number, or the smallest and the largest."""
    low, high = min(values), max(values)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _page(seeds: str, runs: str, caption: str, notes: Sequence[str], drawn: bool) -> str:
    """report.md."""
    parts = ["# Report"]
    if drawn:
        parts += ["![learning curves](curves.png)"]
    if drawn and caption:
        parts += [f"*{caption[0].upper()}{caption[1:]}.*"]
    parts += [
        "## Over seeds",
        "Final policies. Mean, standard deviation (of the sample), interquartile mean and its 95 % bootstrap interval "
        "are taken over the mean returns of the seeds; with one seed there is nothing to take them over.",
        seeds,
        "## Each run",
        "Statistics over the episodes of the run's final evaluation; length in steps; steps/s and time (h:mm:ss) of "
        "the whole training, periodic evaluations included.",
        runs,
    ]
    parts += ["\n".join(f"- {note}" for note in notes)] if notes else []
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
