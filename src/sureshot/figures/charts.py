"""Class counts and reliability, each drawn from its table."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sureshot import measure
from sureshot.figures.learning import PERCENT, TICKS
from sureshot.figures.style import (
    BODY,
    EDGE,
    QUIET,
    SMALL,
    SPLIT,
    WRONG,
    box,
    heading,
    panel,
    sheet,
    styled,
    tint,
    write,
)
from sureshot.figures.tables import ClassCounts, Reliability
from sureshot.figures.words import inches, plural, shorten

_NAME = 2.2  # inches for the longest class name
_ROWS = 60  # classes drawn at most; assumed to be as many as a reader will look through
_STEP, _COLUMN = 0.235, 1.75  # inches from row to row and from column to column


@styled()
def plot_class_counts(table: ClassCounts) -> Figure:
    """One row a class, one column of bars a split; each column has its own scale."""
    rows = _shown_rows(table)
    names = [shorten(table.classes[row], BODY, _NAME) for row in rows]
    left = EDGE + max(inches(name, BODY) for name in names) + 0.15
    width = max(left + _COLUMN * len(table.columns) + EDGE, 4.6)
    figure, axes = sheet(width, 0.95 + _STEP * len(rows) + EDGE)
    top = heading(axes, "Images by class", _counts_caption(table, len(rows))) + 0.12
    for number, name in enumerate(names):
        y = top + 0.28 + _STEP * number
        write(axes, left - 0.12, y, name, ha="right", va="center_baseline")
    for number, split in enumerate(table.columns):
        x = left + _COLUMN * number
        write(axes, x, top, split, colour=SPLIT[split], weight="bold")
        total = f"{int(table.counts[:, number].sum()):,}"
        write(axes, x + inches(f"{split}  ", BODY, bold=True), top, total, colour=QUIET)
        _bars(axes, x, top + 0.28, table.counts[rows, number], SPLIT[split])
    return figure


def _bars(axes: Axes, x: float, top: float, counts: Any, colour: str) -> None:
    """One column of bars, the longest as wide as the column, each with its number."""
    most = int(counts.max(initial=1))
    longest = _COLUMN - 0.25 - inches(f"{most:,}", SMALL)
    for number, count in enumerate(counts):
        y, length = top + _STEP * number, longest * count / most
        box(axes, x, y - 0.075, length, 0.15, colour)
        shade = QUIET if count else WRONG  # a class without images wants to be seen
        write(axes, x + length + 0.05, y, f"{count:,}", SMALL, shade, va="center_baseline")


def _shown_rows(table: ClassCounts) -> list[int]:
    """All classes, or the largest and the smallest where there are very many."""
    order = np.argsort(-table.counts.sum(axis=1), kind="stable")
    if len(order) <= _ROWS:
        return list(range(len(order)))
    half = _ROWS // 2
    return [int(row) for row in (*order[:half], *order[-half:])]


def _counts_caption(table: ClassCounts, shown: int) -> str:
    images = plural(int(table.counts.sum()), "image")
    said = [images, plural(len(table.classes), "class", "classes")]
    if shown < len(table.classes):
        said.append(f"the {shown // 2} largest and {shown // 2} smallest shown")
    if table.unreadable:
        said.append(f"{table.unreadable:,} unreadable left out")
    if table.unlabelled:
        said.append(f"{table.unlabelled:,} without a class left out")
    return ", ".join(said)


@styled()
def plot_reliability(table: Reliability, split: str = "test") -> Figure:
    """How often the model was right against how sure it was, and how often it was how sure."""
    figure, axes = sheet(4.6, 5.45)
    told = f"calibration error {table.error:.3f}, {plural(table.n, f'{split} image')}"
    heading(axes, "Is it right as often as it says?", told)
    diagram = panel(figure, 0.75, 0.72, 3.6, 3.2)
    bars = panel(figure, 0.75, 4.07, 3.6, 0.85)
    _diagram(diagram, table.bins, SPLIT[split])
    low, span = table.bins.low, table.bins.high - table.bins.low
    bars.bar(low + span / 2, table.bins.n, span * 0.86, color=tint(SPLIT[split], 0.55), lw=0)
    bars.set_ylim(0, max(1.0, 1.05 * table.bins.n.max()))
    bars.yaxis.set_major_locator(MaxNLocator(2, steps=TICKS, integer=True))
    bars.set_ylabel("images")
    bars.set_xlabel("probability that the model gave to its answer")
    for place in (diagram, bars):
        place.set_xlim(0, 1)
        place.xaxis.set_major_formatter(PERCENT)
    diagram.tick_params(labelbottom=False)
    figure.align_ylabels([diagram, bars])
    return figure


def _diagram(axes: Axes, bins: measure.Reliability, colour: str) -> None:
    held = bins.n > 0
    x, y = bins.confidence[held], bins.accuracy[held]
    axes.set_ylim(-0.02, 1.02)
    axes.yaxis.set_major_formatter(PERCENT)
    axes.set_ylabel("share that was right")
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
    write(axes, 0.03, 0.97, "above the line:\ntoo modest", SMALL, QUIET, va="top")
    write(axes, 0.97, 0.03, "below the line:\ntoo sure", SMALL, QUIET, ha="right")
    if not held.any():
        return
    axes.vlines(x, bins.accuracy_low[held], bins.accuracy_high[held], color=colour, lw=1.3)
    axes.plot(x, y, "o", color=colour, markersize=4.5, clip_on=False)
