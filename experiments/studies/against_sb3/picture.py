"""Every seed's score as a point, beside it the interquartile mean with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.studies.against_sb3.comparison import Comparison
from experiments.studies.against_sb3.sides import OURS, THEIRS
from rlt.errors import MissingExtra
from rlt.log.plot import PALETTE, STYLE

_COLUMNS = 3
_LEAST_HEIGHT = 0.1
"""Of a panel, as a part of the range from a random policy to the best published score."""
_LABELS = ((OURS, "rlt"), (THEIRS, "SB3"))


def draw_scores(comparisons: Sequence[Comparison], file: Path) -> None:
    """A panel for each task. MissingExtra without matplotlib."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure  # not pyplot: no window system, no global state
    except ImportError:
        raise MissingExtra.of("matplotlib", "plot", "the picture") from None
    columns = min(_COLUMNS, max(len(comparisons), 2))  # fewer than two are narrower than the caption
    rows = -(-len(comparisons) // columns)
    with mpl.rc_context(STYLE):
        figure: Any = Figure(figsize=(3.9 * columns, 3.8 * rows), layout="constrained")
        every_axes = figure.subplots(rows, columns, squeeze=False).flatten()
        for axes, comparison in zip(every_axes, comparisons):
            _draw(axes, comparison)
        for axes in every_axes[len(comparisons):]:
            axes.set_axis_off()
        figure.supxlabel(
            "point: mean return of a seed's final policy; bar: IQM over seeds, 95 % interval; dashed: best published score",
            fontsize=9,
        )
        figure.savefig(file, dpi=130)


def _draw(axes: Any, comparison: Comparison) -> None:
    for place, (side, _) in enumerate(_LABELS):
        scores = [*comparison.means[side].values()]
        summary = comparison.ours if side == OURS else comparison.theirs
        spread = [place - 0.22 + 0.3 * i / max(len(scores) - 1, 1) for i in range(len(scores))]  # by seed, side by side
        axes.plot(spread, scores, "o", color=PALETTE[place], markersize=5, alpha=0.6, markeredgewidth=0, zorder=2)
        low, high = summary.interval
        axes.plot([place + 0.25] * 2, [low, high], color=PALETTE[place], linewidth=2.2, zorder=3)
        axes.plot([place + 0.15, place + 0.35], [summary.iqm] * 2, color=PALETTE[place], linewidth=2.2, zorder=3)
    least = comparison.task.best_published - _LEAST_HEIGHT * comparison.range
    axes.update_datalim([(0, least)])  # else scores that are all but equal fill the panel
    axes.autoscale_view()
    axes.axhline(comparison.task.best_published, color="#8A8A8A", linestyle="--", linewidth=1, zorder=1)
    difference, low, high = (100 * part for part in comparison.relative)
    axes.set_title(comparison.task.title, loc="left", pad=20)
    axes.text(
        0, 1.02, f"difference {difference:+.1f} % of the range, {low:+.1f} to {high:+.1f} %", transform=axes.transAxes, fontsize=9
    )
    axes.set_xticks(range(len(_LABELS)), [f"{name} ({len(comparison.means[side])} seeds)" for side, name in _LABELS])
    axes.set_xlim(-0.5, len(_LABELS) - 0.5)
    axes.grid(visible=False, axis="x")
    axes.set_ylabel("mean return")
