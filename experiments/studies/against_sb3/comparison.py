"""What the scores of two sides say of each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from experiments.studies.against_sb3.sides import OURS, RANDOM, THEIRS, Score
from experiments.studies.against_sb3.tasks import TASKS, Task
from rlt.rl.statistics import Scores, ScoreSummary, bootstrap_interval, interquartile_mean, summarise

LEAST_DIFFERENCE, LEAST_LOWER_END = -0.05, -0.15
"""Of the range from a random policy to the best published score."""


@dataclass(frozen=True)
class Comparison:
    """One task. A score is the mean return of a seed's final policy; differences are ours minus theirs."""

    task: Task
    ours: ScoreSummary
    theirs: ScoreSummary
    means: Mapping[str, Mapping[int, float]]
    """By side and seed."""
    random: float
    difference: float
    """Of the interquartile means, in returns."""
    interval: tuple[float, float]
    """95 %, of that difference: seeds of each side drawn by themselves."""

    @property
    def range(self) -> float:
        """From a random policy to the best published score."""
        return self.task.best_published - self.random

    @property
    def relative(self) -> tuple[float, float, float]:
        """The difference and the ends of its interval as parts of the range."""
        low, high = self.interval
        return self.difference / self.range, low / self.range, high / self.range

    @property
    def complete(self) -> bool:
        """Whether every seed of both sides is there."""
        return min(self.ours.count, self.theirs.count) == self.task.seeds

    @property
    def holds(self) -> bool:
        """The claim, over all seeds."""
        difference, low, _ = self.relative
        return self.complete and difference >= LEAST_DIFFERENCE and low >= LEAST_LOWER_END


def compare_all(scores: Sequence[Score]) -> list[Comparison]:
    """Of every task of which there is a score of each kind."""
    return [found for task in TASKS.values() if (found := compare(task, scores)) is not None]


def compare(task: Task, scores: Sequence[Score]) -> Comparison | None:
    """None while a side, or the random policy, has no score."""
    means: dict[str, dict[int, float]] = {OURS: {}, THEIRS: {}, RANDOM: {}}
    for score in sorted((s for s in scores if s.task == task.name), key=lambda s: s.seed):
        means[score.side][score.seed] = score.mean
    if not all(means.values()):
        return None
    ours, theirs = [*means[OURS].values()], [*means[THEIRS].values()]

    def difference(drawn: Scores) -> Scores:  # a resample keeps the order of strata: ours first
        first, second = drawn[..., : len(ours)], drawn[..., len(ours):]
        return interquartile_mean(first) - interquartile_mean(second)

    low, high = bootstrap_interval([*ours, *theirs], difference, strata=[OURS] * len(ours) + [THEIRS] * len(theirs))
    a, b = summarise(ours), summarise(theirs)
    return Comparison(task, a, b, means, means[RANDOM][0], a.iqm - b.iqm, (float(low), float(high)))
