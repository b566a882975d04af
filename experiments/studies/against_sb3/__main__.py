"""`python -m experiments.studies.against_sb3`: makes what is missing, one process for each training, and writes the page."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from experiments.studies.against_sb3.comparison import compare
from experiments.studies.against_sb3.page import write_results
from experiments.studies.against_sb3.sides import OURS, RANDOM, THEIRS, Score
from experiments.studies.against_sb3.tasks import TASKS, Task
from rlt.assembly.arguments import Command, Words, run
from rlt.errors import ConfigError, one_of

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]


@dataclass(frozen=True)
class StudyOptions:
    """How the study is made."""

    jobs: int = 1
    """Trainings at once; each works on one core."""
    train: bool = True
    """false: only write the page of what is there."""
    state: str | None = None
    """Folder for runs and results on the way. null: experiments/studies/.state/against_sb3."""
    out: str | None = None
    """Folder for scores.csv, README.md and the picture. null: experiments/studies/against_sb3."""


COMMAND = Command(
    "experiments.studies.against_sb3",
    "Trains rlt's agents and Stable-Baselines3's with the same hyper-parameters and compares their final policies.\n\n"
    "A training whose result is there is not made again; an interrupted one of ours goes on where it was.",
    StudyOptions,
    Words("TASK…", "of " + ", ".join(TASKS) + "; none: all", least=0),
    (("", "everything"), ("ppo_cartpole dqn_cartpole jobs=2", "two tasks, two trainings at once")),
)


@dataclass(frozen=True)
class Training:
    """One result that the study wants."""

    task: Task
    side: str
    seed: int

    def folder(self, state: Path) -> Path:
        """Where it works, and leaves `result.json`."""
        return state / self.task.name / f"{self.side}_{self.seed}"


def main(argv: Sequence[str] | None = None) -> int:
    """0; 1 where a comparison does not hold; 2 after a mistake."""
    return run(COMMAND, argv, _study)


def _study(words: list[str], options: StudyOptions) -> int:
    for word in words:
        if word not in TASKS:
            raise ConfigError(f"there is no task {word}", one_of(word, TASKS))
    state = Path(options.state or HERE.parent / ".state" / "against_sb3").absolute()
    if options.train:
        missing = [t for t in trainings(words or [*TASKS]) if not (t.folder(state) / "result.json").exists()]
        with ThreadPoolExecutor(options.jobs) as pool:
            for done in pool.map(lambda t: carry_out(t, state), missing):
                print(done, flush=True)
    scores = scores_in(state)
    comparisons = [found for task in TASKS.values() if (found := compare(task, scores)) is not None]
    write_results(Path(options.out or HERE), scores, comparisons)
    return 0 if all(c.holds for c in comparisons) else 1


def trainings(names: Sequence[str]) -> list[Training]:
    """In the order in which they are made: both sides of a seed after each other."""
    return [
        Training(task, side, seed)
        for task in (TASKS[name] for name in names)
        for seed in range(task.seeds)
        for side in ((RANDOM, OURS, THEIRS) if seed == 0 else (OURS, THEIRS))
    ]


def carry_out(training: Training, state: Path) -> str:
    """The line that says what came out. RuntimeError, with the end of its log, where the process failed."""
    folder = training.folder(state)
    folder.mkdir(parents=True, exist_ok=True)
    words = [training.side, training.task.name, str(training.seed), str(folder)]
    with open(folder / "log", "ab") as log:
        code = subprocess.run(
            [sys.executable, "-m", "experiments.studies.against_sb3.sides", *words], cwd=ROOT, stdin=subprocess.DEVNULL,
            stdout=log, stderr=subprocess.STDOUT,
        ).returncode
    if code:
        raise RuntimeError(f"{folder} ended with {code}\n{(folder / 'log').read_text(errors='replace')[-3000:]}")
    score = Score.read(folder / "result.json")
    return f"{score.task} {score.side} seed {score.seed}: {score.mean:.1f} after {score.steps:,} steps"


def scores_in(state: Path) -> list[Score]:
    """All that is there, in the order of the tasks."""
    wanted = [t.folder(state) / "result.json" for t in trainings([*TASKS])]
    return [Score.read(file) for file in wanted if file.exists()]


if __name__ == "__main__":
    raise SystemExit(main())
