"""The study's files: every score as CSV, a page with the table, a picture."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Sequence
from pathlib import Path

from experiments.studies.against_sb3.comparison import LEAST_DIFFERENCE, LEAST_LOWER_END, Comparison
from experiments.studies.against_sb3.picture import draw_scores
from experiments.studies.against_sb3.playing import EPISODES, FIRST_SEED
from experiments.studies.against_sb3.sides import OURS, THEIRS, Score
from experiments.studies.against_sb3.tasks import TASKS
from rlt.log.markdown import table
from rlt.rl.statistics import ScoreSummary, score_text
from rlt.store.atomic import write_text

NAMES = {OURS: "rlt", THEIRS: "Stable-Baselines3"}

_METHOD = f"""# rlt against Stable-Baselines3

Written by `python -m experiments.studies.against_sb3`, which trains what is missing and goes on after an interruption;
`make prove AREA=agents ARGS="only=against_sb3_ppo_cartpole"` (and so on) measures one task anew.

Both sides learn by the same hyper-parameters: rl-baselines3-zoo's tuned ones, or better ones that both have, as they stand in
[configs/experiment](../../../configs/experiment) or, where there is no such file, in [tasks.py](tasks.py).
[translation.py](translation.py) makes Stable-Baselines3's arguments of them and refuses what has no counterpart. Both make
the same number of steps with seeds 0, 1, … and keep the final policy, not the best. One evaluation serves both
([playing.py](playing.py)): {EPISODES} episodes of Gymnasium's own environment, reset with seeds {FIRST_SEED:,} and following,
which no training used, with the most likely actions. A seed's score is its mean return. IQM is the interquartile mean over
seeds.

**Claim**: the difference of the IQMs, ours minus Stable-Baselines3's, is at least {100 * LEAST_DIFFERENCE:.0f} % of the range
from a random policy to the best published score, and the lower end of its 95 % bootstrap interval at least
{100 * LEAST_LOWER_END:.0f} %. Over five seeds a side such an interval covers less than its name.

Two tasks were planned with five seeds a side and have ten. DQN on LunarLander: scores of single seeds lie so far apart that
five left the interval at -21.1 % to +17.1 % of the range, at a difference of -1.4 %. PPO on Pendulum: all five of ours lay
below all five of theirs, by 1.2 % of the range; the second five would show whether that was chance. All seeds of both halves
count."""

_CSV_NOTE = """Every episode's return, with versions, stands in [scores.csv](scores.csv). Processor seconds are those of the
whole process that trained, imports and, on our side, compiling included; the machine did other work meanwhile, so they compare
nothing finely: [benchmarks](../../benchmarks) do."""


def write_results(out: Path, scores: Sequence[Score], comparisons: Sequence[Comparison]) -> list[Path]:
    """README.md, scores.csv and scores.png in `out`; gives their paths."""
    out.mkdir(parents=True, exist_ok=True)
    page, raw, picture = out / "README.md", out / "scores.csv", out / "scores.png"
    if comparisons:
        draw_scores(comparisons, picture)
    write_text(raw, _csv(scores))
    shown = ["![scores of every seed](scores.png)"] if comparisons else []
    parts = [
        _METHOD, summary(comparisons), *_unmeasured(comparisons), *shown, "## Every seed", _seed_table(comparisons, scores),
        _CSV_NOTE, _origin(scores),
    ]
    write_text(page, "\n\n".join(parts) + "\n")
    return [page, raw, picture]


def summary(comparisons: Sequence[Comparison]) -> str:
    """A row for each task."""
    head = [
        "task", "steps", "seeds", "random", "best published", "rlt: IQM, 95 % interval", "SB3: IQM, 95 % interval",
        "difference", "of the range", "95 % interval", "claim",
    ]
    rows = []
    for c in comparisons:
        difference, low, high = c.relative
        rows.append([
            c.task.title, f"{c.task.steps:,}", _count(c), score_text(c.random),
            f"{score_text(c.task.best_published)} ({c.task.source})", _with_interval(c.ours), _with_interval(c.theirs),
            f"{c.difference:+.1f}", f"{100 * difference:+.1f} %", f"{100 * low:+.1f} to {100 * high:+.1f} %", verdict(c),
        ])
    return table(head, rows, numbers=head[1:2])


def _unmeasured(comparisons: Sequence[Comparison]) -> list[str]:
    missing = [task.title for name, task in TASKS.items() if name not in {c.task.name for c in comparisons}]
    return [f"Not measured yet: {'; '.join(missing)}."] if missing else []


def verdict(c: Comparison) -> str:
    """In a word; of an incomplete comparison that it is none yet."""
    if not c.complete:
        return "not complete"
    return "holds" if c.holds else "**does not hold**"


def _count(c: Comparison) -> str:
    return f"{c.task.seeds} a side" if c.complete else f"{c.ours.count} and {c.theirs.count} of {c.task.seeds}"


def _with_interval(score: ScoreSummary) -> str:
    return f"{score_text(score.iqm)}, " + " to ".join(map(score_text, score.interval))


def _seed_table(comparisons: Sequence[Comparison], scores: Sequence[Score]) -> str:
    head = ["task", "side", "mean return of seeds 0, 1, …", "mean", "std", "processor seconds, median"]
    rows = []
    for c in comparisons:
        for side, score in ((OURS, c.ours), (THEIRS, c.theirs)):
            seconds = [
                s.processor_seconds for s in scores if (s.task, s.side) == (c.task.name, side) and s.processor_seconds is not None
            ]
            means = ", ".join(map(score_text, c.means[side].values()))
            middle = f"{statistics.median(seconds):.0f}" if seconds else ""
            rows.append([c.task.title, NAMES[side], means, score_text(score.mean), score_text(score.std), middle])
    return table(head, rows, numbers=head[3:])


def _csv(scores: Sequence[Score]) -> str:
    """One row for each training; the episodes' returns in one cell, in the order of their seeds."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["task", "side", "seed", "steps", "mean_return", "wall_seconds", "processor_seconds", "revision", "versions", "returns"]
    )
    for s in scores:
        seconds = ["" if x is None else f"{x:.1f}" for x in (s.wall_seconds, s.processor_seconds)]
        returns = " ".join(f"{r:.6g}" for r in s.returns)
        writer.writerow([s.task, s.side, s.seed, s.steps, f"{s.mean:.6g}", *seconds, s.revision, s.versions, returns])
    return text.getvalue()


def _origin(scores: Sequence[Score]) -> str:
    """Revisions and versions of all scores."""
    revisions = sorted({s.revision for s in scores if s.side == OURS})
    versions = sorted({entry for s in scores for entry in s.versions.split()})
    return f"Revision of rlt: {', '.join(revisions) or 'none'}. Versions: {', '.join(versions)}." if scores else "No scores yet."
