"""What the scores of two sides say of each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from experiments.studies.against_sb3.sides import OURS, RANDOM, THEIRS, Score
from experiments.studies.against_sb3.tasks import Task
from rlt.rl.statistics import ScoreSummary, Scores, bootstrap_interval, interquartile_mean, summarise

LEAST_DIFFERENCE, LEAST_LOWER_END = -0.05, -0.15
"""Of the range from a random policy to the best published score."""


@dataclass(frozen=True)
class Comparison:
    """One task. A score is the mean return of a seed's final policy; differences are ours minus theirs."""

    task: Task
    ours: ScoreSummary
    theirs: ScoreSummary
    ours_means: tuple[float, ...]
    theirs_means: tuple[float, ...]
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
    def holds(self) -> bool:
        """The claim: not worse by more than chance among seeds explains."""
        return (
            self.difference >= LEAST_DIFFERENCE * self.range and self.interval[0] >= LEAST_LOWER_END * self.range
            and min(self.ours.count, self.theirs.count) >= self.task.seeds
        )


def compare(task: Task, scores: Sequence[Score]) -> Comparison | None:
    """None while a side, or the random policy, has no score."""
    own = [s for s in scores if s.task == task.name]
    means = {side: [s.mean for s in sorted(own, key=lambda s: s.seed) if s.side == side] for side in (OURS, THEIRS, RANDOM)}
    if not all(means.values()):
        return None
    ours, theirs = means[OURS], means[THEIRS]

    def difference(drawn: Scores) -> Scores:  # the bootstrap keeps the order of strata: ours first
        first, second = drawn[..., : len(ours)], drawn[..., len(ours):]
        return interquartile_mean(first) - interquartile_mean(second)

    low, high = bootstrap_interval([*ours, *theirs], difference, strata=[OURS] * len(ours) + [THEIRS] * len(theirs))
    a, b = summarise(ours), summarise(theirs)
    return Comparison(
        task, a, b, tuple(ours), tuple(theirs), means[RANDOM][0], a.iqm - b.iqm, (float(low), float(high))
    )
