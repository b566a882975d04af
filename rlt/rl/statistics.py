"""Score statistics: mean, standard deviation, interquartile mean and percentile-bootstrap intervals, in numpy alone.

A score is one number: the return of an episode, or the mean return of a training seed. Which of the two, the caller
knows; scores of different kinds are never pooled here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rlt.errors import NumericsError

Scores: TypeAlias = NDArray[np.float64]
Statistic: TypeAlias = Callable[[Scores], Scores]
"""Reduces the last axis."""

RESAMPLES = 10_000
"""Bootstrap resamples: the ends of a 95 % interval then move by about a hundredth of its width from seed to seed."""

_BLOCK = 2**21
"""Numbers resampled at once: 16 MiB."""


def mean(scores: ArrayLike) -> Scores:
    """The mean over the last axis."""
    return np.asarray(np.asarray(scores, dtype=np.float64).mean(axis=-1))


def interquartile_mean(scores: ArrayLike) -> Scores:
    """The mean of the middle half over the last axis: as robust as the median against outliers, less noisy.

    Exactly a quarter of the mass is cut on each side, for any n: of the scores at the cuts only the inner part counts
    (n = 3: weights 1/4, 1, 1/4). Where 4 divides n this is the usual trimmed mean.
    Source: Agarwal et al. 2021 (arXiv:2108.13264), section 4.3, which cuts floor(n / 4) scores instead.
    """
    ordered = np.sort(np.asarray(scores, dtype=np.float64), axis=-1)
    n = ordered.shape[-1]
    rank = np.arange(n)
    inside = np.minimum(rank + 1, 0.75 * n) - np.maximum(rank, 0.25 * n)  # score i covers (i, i + 1) of the mass
    return np.asarray(ordered @ (np.clip(inside, 0.0, None) / (0.5 * n)))


def bootstrap_interval(
    scores: ArrayLike,
    statistic: Statistic = interquartile_mean,
    *,
    confidence: float = 0.95,
    strata: Sequence[object] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> tuple[Scores, Scores]:
    """Lower and upper end of the percentile-bootstrap interval of `statistic` over the last axis.

    `scores` is `[n]` or `[m, n]` (m curves' points, resampled together: one draw picks the same scores in every row).
    With `strata`, one label per score, each resample draws from every stratum as many scores as it has, with
    replacement: the scores of several tasks are then never traded for one another. One score gives an interval of
    width 0: nothing is known of its spread. The interval lies in the range of the scores, so that over few it covers
    less than its name: the median of what they were drawn from lies in it with probability 1 - 2^(1 - n) at most
    (75 % for 3). The generator is its own, so equal scores give equal intervals.
    Source: Efron and Tibshirani 1993, chapter 13; stratified as in arXiv:2108.13264, section 4.1.
    """
    values = np.asarray(scores, dtype=np.float64)
    n = values.shape[-1]
    if n == 0:
        raise ValueError("there are no scores")
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence lies between 0 and 1, got {confidence}")
    if strata is not None and len(strata) != n:
        raise ValueError(f"strata has {len(strata)} labels for {n} scores")
    generator = np.random.Generator(np.random.PCG64(seed))
    members = _members(strata, n)
    block = max(_BLOCK // values.size, 1)
    drawn = []
    for done in range(0, resamples, block):
        count = min(block, resamples - done)
        # [count, n]: the positions drawn, stratum by stratum
        picks = np.concatenate([m[generator.integers(len(m), size=(count, len(m)))] for m in members], axis=1)
        drawn.append(statistic(values[..., picks]))
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile(np.concatenate(drawn, axis=-1), [tail, 1.0 - tail], axis=-1)
    return np.asarray(low), np.asarray(high)


def _members(strata: Sequence[object] | None, n: int) -> list[NDArray[np.int64]]:
    """The positions of each stratum, in order of first appearance."""
    if strata is None:
        return [np.arange(n)]
    return [np.array([i for i, s in enumerate(strata) if s == label]) for label in dict.fromkeys(strata)]


@dataclass(frozen=True)
class ScoreSummary:
    """What is said of a set of scores."""

    count: int
    """How many scores."""
    mean: float
    std: float
    """Of the sample (n - 1 in the denominator); 0 for a single score."""
    iqm: float
    """The interquartile mean."""
    interval: tuple[float, float]
    """Bootstrap interval of the interquartile mean."""
    confidence: float
    """Of the interval: 0.95."""
    minimum: float
    maximum: float

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"mean {score_text(self.mean)}, standard deviation {score_text(self.std)}, IQM {score_text(self.iqm)}, "
            f"{100 * self.confidence:g} % interval {score_text(low)} to {score_text(high)}"
        )


def summarise(
    scores: ArrayLike, *, confidence: float = 0.95, strata: Sequence[object] | None = None, seed: int = 0
) -> ScoreSummary:
    """Mean, standard deviation, IQM and the IQM's interval of `scores` `[n]`. NumericsError where one is not finite."""
    values = np.asarray(scores, dtype=np.float64).reshape(-1)
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        first = f"the first is number {wrong[0]}: {values[wrong[0]]}"
        raise NumericsError(f"{len(wrong)} of {len(values)} scores are not finite", first)
    low, high = bootstrap_interval(values, interquartile_mean, confidence=confidence, strata=strata, seed=seed)
    return ScoreSummary(
        count=len(values), mean=float(values.mean()), std=float(values.std(ddof=1)) if len(values) > 1 else 0.0,
        iqm=float(interquartile_mean(values)), interval=(float(low), float(high)), confidence=confidence,
        minimum=float(values.min()), maximum=float(values.max()),
    )


def score_text(score: float) -> str:
    """A score as people write it: four figures, at most three decimals, no exponent."""
    if not math.isfinite(score):
        return str(score)
    size = abs(score)
    decimals = 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 1 else 3
    text = f"{score:.{decimals}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def evaluation_text(returns: ArrayLike, lengths: ArrayLike) -> str:
    """What a command prints of an evaluation: `returns` and `lengths` (in steps) of the same episodes."""
    score, length = summarise(returns), np.asarray(lengths, dtype=np.float64)
    low, high = (score_text(end) for end in score.interval)
    rows = (
        ("episodes", str(score.count), ""),
        ("mean return", score_text(score.mean), f"{score_text(score.minimum)} to {score_text(score.maximum)}"),
        ("standard deviation", score_text(score.std), ""),
        ("IQM", score_text(score.iqm), f"{100 * score.confidence:g} % interval {low} to {high}"),
        ("mean length", score_text(float(length.mean())), f"{length.min():.0f} to {length.max():.0f} steps"),
    )
    name_width, value_width = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "\n".join(f"{name:{name_width}}  {value:>{value_width}}  {more}".rstrip() for name, value, more in rows)
