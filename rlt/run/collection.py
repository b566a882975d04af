"""Many runs at once: finding them below folders, reading what they logged, and putting those together that differ
only in the seed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rlt.errors import RunError
from rlt.log.metrics_csv import read_metrics
from rlt.run.folder import RunFolder

_SEED_KEYS = {"seed", "seeds"}
_SILENT = {"log", "checkpoint"}
"""Groups of settings that change what is written and no number of what is learned."""
_SILENT_KEYS = {"env.backend", "env.workers", "env.timeout"}
"""Settings that change how fast, and no number: `auto` takes bit-equal backends only."""


@dataclass(frozen=True)
class LoggedRun:
    """What a run has written so far."""

    path: Path
    settings: Mapping[str, Any]
    """The resolved configuration, flat (`agent.learning_rate`), without seeds and without what changes no number."""
    seed: int | None
    record: Mapping[str, Any]
    """run.json."""
    metrics: Mapping[str, list[float]]
    """metrics.csv by column."""
    evaluation: Mapping[str, Any] | None
    """evaluation.json; None while there is none."""

    @classmethod
    def read(cls, folder: RunFolder) -> LoggedRun:
        """RunError where a file is missing or cannot be read."""
        config = folder.config()
        learned = {key: value for key, value in config.items() if key not in _SILENT}
        flat = {k: v for k, v in _flat(learned).items() if not _SEED_KEYS & set(k.split(".")) and k not in _SILENT_KEYS}
        return cls(
            folder.path, flat, config.get("seed"), folder.record(), read_metrics(folder.metrics_file),
            _evaluation(folder.evaluation_file),
        )

    @property
    def steps(self) -> int:
        """Steps up to the last row of metrics.csv."""
        return int(self.metrics["steps"][-1]) if self.metrics.get("steps") else 0

    @property
    def elapsed(self) -> float | None:
        """Seconds of training up to the last row; None where the log has no clock."""
        return next((t for t in reversed(self.metrics.get("time/elapsed", [])) if t == t), None)

    @property
    def status(self) -> str:
        """`running`, `finished` or `stopped`."""
        return str(self.record.get("status", "unknown"))

    @property
    def revision(self) -> str:
        """The code that ran: `3f2a91c`, `3f2a91c with changes`, or rlt's version outside git."""
        git = self.record.get("git")
        if git:
            return git["commit"][:7] + (" with changes" if git.get("changed") else "")
        return f"rlt {self.record.get('versions', {}).get('rlt', '?')}"


def find_runs(paths: Iterable[Path | str]) -> list[RunFolder]:
    """The runs that `paths` name: a run's folder itself, or every run at any depth below it (a sweep), each once.

    RunError names the first path that is and holds no run.
    """
    found: dict[Path, RunFolder] = {}
    for path in paths:
        if _is_run(Path(path)):
            below = [Path(path)]
        else:
            below = sorted((f.parent for f in Path(path).rglob("run.json") if _is_run(f.parent)), key=_natural)
        for folder in below or [RunFolder.open(path).path]:
            found.setdefault(folder.resolve(), RunFolder(folder))
    return list(found.values())


def _is_run(path: Path) -> bool:
    folder = RunFolder(path)
    return folder.config_file.is_file() and folder.record_file.is_file()


def _natural(path: Path) -> list[tuple[int, str]]:
    """Job 10 comes after job 2."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", str(path))]


def _evaluation(file: Path) -> dict[str, Any] | None:
    if not file.is_file():
        return None
    try:
        result = json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise RunError(f"{file} cannot be read", str(error)) from None
    if not isinstance(result, dict) or "return_mean" not in result:
        raise RunError(f"{file} holds no evaluation", "expected return_mean among its keys")
    return result


def _flat(config: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in config.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return flat


@dataclass(frozen=True)
class SeedGroup:
    """Runs that differ in nothing but the seed, in the order of their seeds."""

    runs: tuple[LoggedRun, ...]
    revision: str | None = None
    """Named where other groups have the same settings under another revision of the code."""
    label: str = field(default="", compare=False)
    """What tells it from the other groups of the report: `ppo_lunarlander, learning_rate=0.001`."""

    @property
    def settings(self) -> Mapping[str, Any]:
        return self.runs[0].settings

    @property
    def task(self) -> str:
        """What was learned: the environment's id; empty where the configuration names none."""
        return str(self.settings.get("env.id") or "")

    @property
    def name(self) -> str:
        """The experiment, or else the agent."""
        return str(self.runs[0].record.get("experiment") or self.settings.get("agent.name") or self.runs[0].path.name)


def group_by_settings(runs: Sequence[LoggedRun]) -> tuple[list[SeedGroup], list[str]]:
    """The groups, in the order of their first runs, labelled; and a sentence for each run that was left out.

    Where a seed comes twice with the same settings, the code decides: runs of different revisions become groups of
    their own. Within one revision the run with more steps counts, for the same seed twice is no second sample.
    """
    alike: dict[str, list[LoggedRun]] = {}
    for run in runs:
        key = json.dumps([run.settings, run.record.get("experiment")], sort_keys=True, default=str)
        alike.setdefault(key, []).append(run)
    groups, notes = [], []
    for members in alike.values():
        seeds = [m.seed for m in members]
        revisions = list(dict.fromkeys(m.revision for m in members))
        split = len(set(seeds)) < len(seeds) and len(revisions) > 1
        for revision in revisions if split else [None]:
            kept, dropped = _one_per_seed([m for m in members if revision in (None, m.revision)])
            notes += [
                f"{out.path} is left out: it repeats seed {out.seed} of {stays.path}" for out, stays in dropped
            ]
            groups.append(SeedGroup(tuple(kept), revision))
    return _labelled(groups), notes


def _one_per_seed(runs: list[LoggedRun]) -> tuple[list[LoggedRun], list[tuple[LoggedRun, LoggedRun]]]:
    kept: dict[int | None, LoggedRun] = {}
    dropped = []
    for run in sorted(runs, key=lambda r: -r.steps):  # stable: of equals the first given stays
        if run.seed in kept:
            dropped.append((run, kept[run.seed]))
        else:
            kept[run.seed] = run
    return sorted(kept.values(), key=lambda r: (r.seed is None, r.seed)), dropped


def _labelled(groups: list[SeedGroup]) -> list[SeedGroup]:
    """Each group with its name and, among groups of one name and task, the settings that differ."""
    done = []
    for group in groups:
        rivals = [g for g in groups if (g.name, g.task) == (group.name, group.task)]
        keys = sorted({k for g in rivals for k in g.settings})
        differing = [k for k in keys if len({_text(g.settings.get(k)) for g in rivals}) > 1]
        parts = [group.name, *(f"{_short(k, keys)}={_text(group.settings.get(k))}" for k in differing)]
        if len(parts) > 5:
            parts = [*parts[:4], f"and {len(parts) - 4} more"]
        parts += [group.revision] if group.revision else []
        done.append(replace(group, label=", ".join(parts)))
    return done


def _short(key: str, keys: Sequence[str]) -> str:
    """The last part of a key where that is enough to find it."""
    last = key.rsplit(".", 1)[-1]
    return last if sum(k.rsplit(".", 1)[-1] == last for k in keys) == 1 else key


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return json.dumps(value, default=str) if value is None or isinstance(value, bool | list) else str(value)
