"""Learning curves of several seeds as one: the mean and its bootstrap interval, on a common grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rlt.rl.statistics import bootstrap_interval, mean

GRID_POINTS = 200
"""Points of the grid where the seeds' own x differ."""

_RESAMPLES = 2_000


@dataclass(frozen=True)
class Curve:
    """One seed's curve: `x` strictly rising, `y` without gaps, both `[n]`."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]

    @classmethod
    def of(cls, x: ArrayLike, y: ArrayLike) -> Curve:
        """From columns of a log: cells that are NaN drop out, and of several rows at one x the last counts."""
        xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        known = np.isfinite(xs) & ~np.isnan(ys)
        xs, ys = xs[known][::-1], ys[known][::-1]
        xs, first = np.unique(xs, return_index=True)
        return cls(xs, ys[first])

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class SeedCurve:
    """The mean over seeds and the interval of that mean, each `[n]`."""

    x: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def across_seeds(curves: Sequence[Curve], confidence: float = 0.95) -> SeedCurve | None:
    """The mean of `curves` where all of them have values; None where they have no common stretch.

    The common stretch goes from the latest first x to the earliest last x: a seed that ended early ends the mean, for a
    mean over the seeds that are left would jump. If all seeds have the same x in it (rows at the same steps), these are
    the grid and nothing is interpolated. Else the grid is `GRID_POINTS` evenly spaced x, with linear interpolation
    between a seed's neighbouring rows.
    """
    if not curves or not all(len(c) for c in curves):
        return None
    start, stop = max(c.x[0] for c in curves), min(c.x[-1] for c in curves)
    if start > stop:
        return None
    inside = [c.x[(c.x >= start) & (c.x <= stop)] for c in curves]
    shared = all(np.array_equal(inside[0], x) for x in inside)
    grid = inside[0] if shared else np.linspace(start, stop, GRID_POINTS if stop > start else 1)
    values = np.stack([np.interp(grid, c.x, c.y) for c in curves], axis=1)  # [points, seeds]
    low, high = bootstrap_interval(values, mean, confidence=confidence, resamples=_RESAMPLES)
    return SeedCurve(grid, values.mean(axis=1), low, high)
