"""`python -m experiments.studies.against_sb3`: makes what is missing and writes the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.studies.against_sb3.comparison import compare_all
from experiments.studies.against_sb3.page import summary, write_results
from experiments.studies.against_sb3.study import complete, scores_in
from experiments.studies.against_sb3.tasks import TASKS
from rlt.assembly.arguments import Command, Words, run
from rlt.errors import ConfigError, one_of

HERE = Path(__file__).resolve().parent


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
    """Folder for README.md, scores.csv and scores.png. null: experiments/studies/against_sb3."""


COMMAND = Command(
    "experiments.studies.against_sb3",
    "Trains rlt's agents and Stable-Baselines3's with the same hyper-parameters and compares their final policies.\n\n"
    "A training whose result is there is not made again; an interrupted one of ours goes on where it was.",
    StudyOptions,
    Words("TASK…", "one of " + ", ".join(TASKS) + "; none of them: all", least=0),
    (("", "everything"), ("ppo_cartpole dqn_cartpole jobs=2", "two tasks, two trainings at once")),
)


def main(argv: Sequence[str] | None = None) -> int:
    """0; 1 where a comparison does not hold or is not complete; 2 after a mistake."""
    return run(COMMAND, argv, _study)


def _study(words: list[str], options: StudyOptions) -> int:
    for word in words:
        if word not in TASKS:
            raise ConfigError(f"there is no task {word}", one_of(word, TASKS))
    if options.jobs < 1:
        raise ConfigError(f"jobs={options.jobs} does not fit", "expected at least 1")
    state = Path(options.state or HERE.parent / ".state" / "against_sb3").absolute()
    if options.train:
        complete(words or [*TASKS], state, options.jobs)
    scores = scores_in(state)
    comparisons = compare_all(scores)
    print(summary(comparisons))
    for file in write_results(Path(options.out or HERE), scores, comparisons):
        print(f"written: {file}")
    return 0 if all(c.holds for c in comparisons if c.task.name in (words or TASKS)) else 1


if __name__ == "__main__":
    raise SystemExit(main())
