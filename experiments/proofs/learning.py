"""Measures of training: what is learned, what resumes, what repeats. Sizes come from their arguments."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from experiments.proofs.packaging import run_in
from experiments.proofs.proof import Result, table
from experiments.proofs.training import (
    ROOT,
    command,
    differences,
    evaluation,
    metrics_differences,
    train,
    train_killed,
    weights_differences,
)
from rlt.run.folder import RunFolder


def learns(
    folder: Path, *, experiment: str, mean: float, least: float, seeds: Sequence[int] = (0, 1, 2), words: Sequence[str] = ()
) -> Result:
    """Final evaluations over seeds: their mean against `mean`, the least of them against `least`."""
    every = {seed: [f"+experiment={experiment}", *words, f"seed={seed}"] for seed in seeds}
    results = {seed: evaluation(train(folder / f"seed_{seed}", every[seed])) for seed in seeds}
    rows: list[tuple[object, ...]] = [
        (
            seed, f"{r['steps']:,}", r["episodes"], f"{r['return_mean']:.1f}", f"{r['return_std']:.1f}",
            f"{r['return_iqm']:.1f}", f"{min(r['returns']):.1f}",
        )
        for seed, r in results.items()
    ]
    means = [r["return_mean"] for r in results.values()]
    overall = sum(means) / len(means)
    head = ("seed", "steps", "episodes", "mean return", "standard deviation", "IQM", "worst episode")
    bar = f"Mean over seeds {overall:.1f} (asked: {mean:g}), least {min(means):.1f} (asked: {least:g})."
    holds = overall >= mean and min(means) >= least
    return Result(holds, f"{table(head, rows)}\n\n{bar}", tuple(command(w) for w in every.values()))


def sweeps(folder: Path, *, words: Sequence[str]) -> Result:
    """Two seeds one after the other, and side by side by the joblib launcher: the same numbers, one table each."""
    launchers = {"basic": [], "joblib": ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]}
    every = {name: ["-m", *words, *launcher, "seed=0,1"] for name, launcher in launchers.items()}
    for name, line in every.items():
        run_in(folder, sys.executable, ["-m", "rlt.train", *line, f"hydra.sweep.dir={name}"], pythonpath=ROOT)
    rows: list[tuple[object, ...]] = []
    for seed in (0, 1):
        one, other = (RunFolder(folder / name / f"seed={seed}") for name in launchers)
        same = not metrics_differences(one, other)
        rows.append((f"seed {seed}: metrics.csv, time columns apart", "equal" if same else "**not**"))
    tables = [(folder / name / "sweep.csv").read_text(encoding="utf-8").splitlines() for name in launchers]
    rows.append(("rows of sweep.csv", " and ".join(str(len(lines) - 1) for lines in tables)))
    holds = all(row[1] in ("equal", "2 and 2") for row in rows)
    return Result(holds, table(("two jobs, one after the other and side by side", ""), rows), tuple(map(command, every.values())))


def trains(folder: Path, *, words: Sequence[str]) -> Result:
    """One run to its end."""
    r = evaluation(train(folder / "run", words))
    score = f"{r['return_mean']:.1f} ± {r['return_std']:.1f} over {r['episodes']} episodes"
    return Result(True, f"{r['steps']:,} steps; final mean return {score}.", (command(words),))


def draws_curve(folder: Path, *, words: Sequence[str], name: str) -> Result:
    """One run, and its learning curve in experiments/curves/<name>."""
    done = trains(folder, words=words)
    out = Path("experiments") / "curves" / name
    run_in(folder, sys.executable, ["-m", "rlt.report", "run", f"out={ROOT / out}"], pythonpath=ROOT)
    figures = f"{done.figures}\n\n![learning curve](../curves/{name}/curves.png)"
    return Result(True, figures, (*done.commands, f"python -m rlt.report RUN out={out}"))


def resumes(folder: Path, *, words: Sequence[str], kills: int = 3, seed: int = 0) -> Result:
    """A run that was never killed and one that was, compared to the bit."""
    whole = train(folder / "whole", words)
    killed = RunFolder(folder / "killed")
    if killed.path.exists():  # the proof was interrupted in this half: how often it was killed is not known
        shutil.rmtree(killed.path)
    logged = train_killed(killed.path, words, kills, seed)
    found = differences(whole, killed)
    moments = ", ".join(f"{steps:,}" for steps in logged)
    verdict = "Nothing differs." if not found else "\n".join(["These differ:", "", *(f"- {d}" for d in found[:10])])
    compared = "All of last.rlt, best.rlt, metrics.csv and evaluation.json was compared, the clock apart."
    figures = f"Killed by SIGKILL when {moments} steps were logged. {compared} {verdict}"
    return Result(not found, figures, (command(words), "kill -9 PID", command(["resume=RUN"])))


def repeats(folder: Path, *, words: Sequence[str]) -> Result:
    """The same command twice, with another seed, and without periodic evaluation."""
    first, again = (train(folder / name, words) for name in ("first", "again"))
    other = train(folder / "other", [*words, "seed=1"])
    unwatched = train(folder / "unwatched", [*words, "evaluation.interval=0"])
    checks = {
        "the same command gives the same metrics.csv": not metrics_differences(first, again),
        "and the same checkpoint and evaluation": not differences(first, again),
        "another seed gives another metrics.csv": bool(metrics_differences(first, other)),
        "without periodic evaluation the weights are equal": not weights_differences(first, unwatched),
    }
    rows: list[tuple[object, ...]] = [(what, "yes" if holds else "**no**") for what, holds in checks.items()]
    commands = (command(words), command([*words, "seed=1"]), command([*words, "evaluation.interval=0"]))
    return Result(all(checks.values()), table(("what", ""), rows), commands)
