"""Curves as a picture: panels of lines with intervals, in PNG and SVG. Needs matplotlib (extra `plot`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from rlt.errors import MissingExtra, RunError

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#444444")
"""Okabe and Ito's colours, told apart with any colour vision (without the yellow, which is faint on white)."""

_STYLES = ("-", "--", ":", "-.")
_INK, _FAINT = "#222222", "#8A8A8A"
STYLE: Any = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture everywhere
    "font.size": 11,
    "axes.titlesize": 13,
    "axes.titleweight": "bold",
    "axes.labelcolor": _INK,
    "axes.edgecolor": _FAINT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.8,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "text.color": _INK,
    "svg.hashsalt": "rlt",  # equal runs give an equal file
}
"""For matplotlib's `rc_context`: what all of rlt's pictures have in common."""


@dataclass(frozen=True)
class Line:
    """One curve. `x`, `y`, `low`, `high` are `[n]`; `parts` are the thin curves that it sums up, each `(x, y)`."""

    label: str
    x: ArrayLike
    y: ArrayLike
    low: ArrayLike | None = None
    high: ArrayLike | None = None
    parts: tuple[tuple[ArrayLike, ArrayLike], ...] = ()


@dataclass(frozen=True)
class Panel:
    """One pair of axes."""

    title: str
    y_label: str
    lines: tuple[Line, ...]
    x: Literal["steps", "seconds"] = "steps"


def draw(rows: Sequence[Sequence[Panel]], files: Iterable[Path], *, caption: str = "") -> None:
    """Writes the panels, row by row, to `files` (the suffix says in which format); each row has a legend of its own.

    A label has one colour throughout. MissingExtra without matplotlib, RunError where a file cannot be written.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure  # not pyplot: no window system, no global state
    except ImportError:
        raise MissingExtra.of("matplotlib", "plot", "the picture") from None
    labels = list(dict.fromkeys(line.label for row in rows for panel in row for line in panel.lines))
    looks = {
        label: {"color": PALETTE[i % len(PALETTE)], "linestyle": _STYLES[i // len(PALETTE) % len(_STYLES)]}
        for i, label in enumerate(labels)
    }
    columns = max(len(row) for row in rows)
    with mpl.rc_context(STYLE):
        figure: Any = Figure(figsize=(max(5.4 * columns, 6.4), 4.3 * len(rows)), layout="constrained")
        figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)
        bands = [figure] if len(rows) == 1 else list(figure.subfigures(len(rows), 1))
        for band, row in zip(bands, rows):
            _draw_row(band, row, columns, looks, caption if row is rows[-1] else "")
        for file in files:
            metadata = {"Date": None} if file.suffix == ".svg" else {}
            try:
                figure.savefig(file, dpi=160, metadata=metadata)
            except OSError as error:
                raise RunError(f"{file} cannot be written", str(error)) from None


def _draw_row(band: Any, row: Sequence[Panel], columns: int, looks: dict[str, dict[str, str]], caption: str) -> None:
    from matplotlib.ticker import MaxNLocator

    every_axes = band.subplots(1, columns, squeeze=False)[0]
    handles: dict[str, Any] = {}
    for axes, panel in zip(every_axes, row):
        x_label, unit = _x_axis(panel)
        for line in panel.lines:
            handles.setdefault(line.label, _draw_line(axes, line, looks[line.label], unit))
        axes.set_title(panel.title, loc="left", pad=10)
        axes.set_ylabel(panel.y_label)
        axes.set_xlabel(x_label)
        axes.set_xlim(0, 1.01 * axes.dataLim.xmax if panel.lines else 1)
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
        axes.xaxis.set_major_formatter(steps_text if panel.x == "steps" else _thousands)
        axes.yaxis.set_major_formatter(_thousands)
    for axes in every_axes[len(row):]:
        axes.set_axis_off()
    if handles:
        columns_of_legend = max(1, min(len(handles), 110 * columns // 2 // (max(map(len, handles)) + 8)))
        legend = band.legend(
            handles.values(), handles.keys(), loc="outside lower center", ncols=columns_of_legend, frameon=False,
            fontsize=10, handlelength=2.2, title=caption or None, title_fontsize=8.5,
        )
        legend.get_title().set_color(_FAINT)


def _draw_line(axes: Any, line: Line, look: dict[str, str], unit: float) -> Any:
    for x, y in line.parts:
        axes.plot(np.asarray(x) / unit, y, linewidth=0.9, alpha=0.35, zorder=2, **look)
    x = np.asarray(line.x) / unit
    if line.low is not None and line.high is not None:
        axes.fill_between(x, line.low, line.high, color=look["color"], alpha=0.18, linewidth=0, zorder=1)
    marker = "o" if len(x) < 4 else ""  # one or two points make no line that could be seen
    return axes.plot(x, line.y, linewidth=2.2, marker=marker, markersize=4, zorder=3, **look)[0]


def _x_axis(panel: Panel) -> tuple[str, float]:
    """What is written below the axis, and its unit in steps or seconds."""
    if panel.x == "steps":
        return "environment steps", 1.0
    longest = max((float(np.max(line.x)) for line in panel.lines if len(np.asarray(line.x))), default=0.0)
    name, size = next(((n, s) for n, s in (("hours", 3600.0), ("minutes", 60.0)) if longest >= 2 * s), ("seconds", 1.0))
    return f"{name} of training", size


def steps_text(steps: float, position: int | None = None) -> str:
    """`0`, `500`, `20 k`, `1.5 M`; the signature is that of a tick formatter."""
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if abs(steps) >= size:
            return f"{steps / size:.4g}{unit}"
    return f"{steps:.4g}"


def _thousands(value: float, position: int | None = None) -> str:
    return f"{value:,.6g}".replace("-", "−")
