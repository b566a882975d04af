"""The study as a list of trainings, of which those that are missing are made."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from experiments.studies.against_sb3.sides import OURS, RANDOM, THEIRS, Score
from experiments.studies.against_sb3.tasks import TASKS, Task

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Training:
    """One result that the study wants."""

    task: Task
    side: str
    seed: int

    def folder(self, state: Path) -> Path:
        """Where it works, and leaves `result.json`."""
        return state / self.task.name / f"{self.side}_{self.seed}"

    def result(self, state: Path) -> Path:
        """Written when all is done."""
        return self.folder(state) / "result.json"


def trainings(names: Iterable[str]) -> list[Training]:
    """In the order in which they are made: both sides of a seed after each other."""
    return [
        Training(task, side, seed)
        for task in (TASKS[name] for name in names)
        for seed in range(task.seeds)
        for side in ((RANDOM, OURS, THEIRS) if seed == 0 else (OURS, THEIRS))
    ]


def complete(names: Sequence[str], state: Path, jobs: int = 1) -> None:
    """Makes what is missing of the tasks `names`, `jobs` at once, each in a process of its own."""
    missing = [t for t in trainings(names) if not t.result(state).exists()]
    with ThreadPoolExecutor(jobs) as pool:
        for line in pool.map(lambda training: _carry_out(training, state), missing):
            print(line, flush=True)


def scores_in(state: Path, names: Iterable[str] = TASKS) -> list[Score]:
    """All that is there, in the order of the tasks."""
    return [Score.read(file) for t in trainings(names) if (file := t.result(state)).exists()]


def _carry_out(training: Training, state: Path) -> str:
    """The line that says what came out. RuntimeError, with the end of its log, where the process failed."""
    folder, result = training.folder(state), training.result(state)
    if result.exists():  # by now: another command works on the same state
        return f"{training.task.name} {training.side} seed {training.seed}: made meanwhile"
    folder.mkdir(parents=True, exist_ok=True)
    words = [training.side, training.task.name, str(training.seed), str(folder)]
    with open(folder / "log", "ab") as log:
        code = subprocess.run(
            [sys.executable, "-m", "experiments.studies.against_sb3.sides", *words], cwd=ROOT, stdin=subprocess.DEVNULL,
            stdout=log, stderr=subprocess.STDOUT,
        ).returncode
    if code:
        raise RuntimeError(f"{folder} ended with {code}\n{(folder / 'log').read_text(errors='replace')[-3000:]}")
    score = Score.read(result)
    return f"{score.task} {score.side} seed {score.seed}: {score.mean:.1f} after {score.steps:,} steps"
