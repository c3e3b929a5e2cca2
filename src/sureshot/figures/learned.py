"""How contenders learned: all their curves in one figure, ending in what they are judged by.

Shapes: `E` epochs, the fewest that any seed of a contender trained.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from sureshot.comparison import Contest, Standing
from sureshot.figures.learning import PERCENT, TICKS
from sureshot.figures.style import (
    BODY,
    EDGE,
    FAINT,
    QUIET,
    SMALL,
    heading,
    panel,
    sheet,
    styled,
    write,
)
from sureshot.figures.tables import Floats
from sureshot.figures.words import inches, shorten

# Okabe and Ito's, darkened where they were too pale on white, in the order of the map in `look`.
COLOURS = ("#0072b2", "#d98200", "#00805e", "#c8500a", "#b55a94", "#4ba3dc", "#9a8a00", "#30363d")
_WIDE = 7.4  # inches
LINE = 0.165  # inches from one label to the next
_MANY = 8  # epochs: with more, a logarithmic scale shows the first ones too
_ROOM = 0.06  # of the heights shown, left free above and below


@dataclass(frozen=True, eq=False)
class Course:
    """How one contender learned: means over its seeds, up to where the first of them stopped."""

    name: str
    train: Floats  # (E,) accuracy
    validation: Floats  # (E,) NaN where there was none
    final: float  # accuracy on the images that judge
    seeds: int


def courses(contest: Contest, standings: Sequence[Standing]) -> list[Course]:
    """One course a contender, in the order of the leaderboard."""
    found = []
    for standing in standings:
        histories = [run.history for run in contest[standing.name].runs]
        epochs = min(map(len, histories))

        def mean(column: str, told: list[list[dict[str, float]]], epochs: int) -> Floats:
            rows = [[row.get(column, np.nan) for row in one[:epochs]] for one in told]
            return np.asarray(np.mean(rows, axis=0), np.float64)

        found.append(
            Course(
                standing.name,
                mean("train_accuracy", histories, epochs),
                mean("validation_accuracy", histories, epochs),
                standing.accuracy.value,
                len(histories),
            )
        )
    return found


@styled()
def plot_courses(table: Sequence[Course], split: str = "test") -> Figure:
    """Training and validation accuracy by epoch of every contender, ending in its final line."""
    labels = [f"{_percent(course.final)}  {course.name}" for course in table]
    named = [shorten(label, SMALL, 1.9) for label in labels]
    beside = max(inches(label, SMALL) for label in named)
    tall = max(2.9, LINE * len(table))
    left, top, wide = 0.6, 0.85, _WIDE - 0.6 - 0.75 - beside - EDGE
    figure, axes = sheet(_WIDE, top + tall + 0.55)
    several = max(course.seeds for course in table)
    means = f", means of {several} seeds" if several > 1 else ""
    heading(axes, "How each model learned", f"accuracy by epoch{means}; at the right on {split}")
    _key(axes)
    curves = panel(figure, left, top, wide, tall)
    ends = panel(figure, left + wide + 0.04, top, 0.36, tall)
    for number, course in enumerate(table):
        _course(curves, course, COLOURS[number % len(COLOURS)])
    curves.set_ylim(*_heights(table))
    _epochs(curves, max(len(course.train) for course in table))
    ends.set(ylim=curves.get_ylim(), xlim=(0, 1))
    ends.axis("off")
    _finals(figure, axes, ends, table, named, (left + wide + 0.04, top, tall))
    return figure


def _key(axes: Axes) -> None:
    """Which kind of line is which split, in the top right corner."""
    right = _WIDE
    for words, style in (("validation", "-"), ("train", (0, (3, 2)))):
        right -= inches(words, BODY) + EDGE
        write(axes, right, EDGE + 0.09, words, colour=QUIET, va="center_baseline")
        axes.plot([right - 0.33, right - 0.06], [EDGE + 0.09] * 2, ls=style, color=QUIET, lw=1.3)
        right -= 0.4


def _course(axes: Axes, course: Course, colour: str) -> None:
    epoch = np.arange(1, len(course.train) + 1)
    dot = "o" if len(epoch) == 1 else ""  # a single epoch has no line that could be seen
    axes.plot(epoch, course.train, ls=(0, (3, 2)), color=colour, lw=0.9, marker=dot, ms=3)
    axes.plot(epoch, course.validation, "-", color=colour, lw=1.6, marker=dot, ms=4)


def _heights(table: Sequence[Course]) -> tuple[float, float]:
    """From the lowest that most of the curves reach to the highest of all."""
    drawn = np.concatenate([np.r_[one.train, one.validation, one.final] for one in table])
    drawn = drawn[np.isfinite(drawn)]
    finals = [one.final for one in table]
    low = min(float(np.quantile(drawn, 0.1)), *finals)  # a first epoch may lie far below
    high = float(drawn.max())
    room = _ROOM * max(high - low, 0.01)
    return low - room, high + room


def _epochs(axes: Axes, most: int) -> None:
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.yaxis.set_major_formatter(PERCENT)
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=TICKS))
    axes.set_xlabel("epoch")
    if most > _MANY:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(10, subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda epoch, _: f"{epoch:g}"))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=TICKS, integer=True, min_n_ticks=1))
    last = max(most, 2)
    axes.set_xlim(0.97 if most > _MANY else 1 - 0.02 * (last - 1), last)  # all of a dot at epoch 1


def _finals(
    figure: Figure,
    axes: Axes,
    ends: Axes,
    table: Sequence[Course],
    named: Sequence[str],
    place: tuple[float, float, float],
) -> None:
    """The final lines, and beside each its label, moved apart where they would overlap."""
    left, top, tall = place
    low, high = ends.get_ylim()
    heights = [top + tall * (high - course.final) / (high - low) for course in table]
    for number, (course, y, label) in enumerate(
        zip(table, spread(heights, top, top + tall), named, strict=True)
    ):
        colour = COLOURS[number % len(COLOURS)]
        ends.plot([0, 1], [course.final] * 2, color=colour, lw=2.4, solid_capstyle="butt")
        axes.plot([left + 0.38, left + 0.55], [heights[number], y], color=colour, lw=0.6)
        write(axes, left + 0.59, y, label, SMALL, colour, va="center_baseline")


def spread(wanted: Sequence[float], low: float, high: float, apart: float = LINE) -> list[float]:
    """Places as near to those wanted as the room between neighbours allows, in the same order."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed: list[float] = []
    for i in order:
        placed.append(max(wanted[i], placed[-1] + apart if placed else low))
    for number in reversed(range(len(placed))):  # what was pushed out below comes back
        limit = placed[number + 1] - apart if number + 1 < len(placed) else high
        placed[number] = min(placed[number], limit)
    found = [0.0] * len(wanted)
    for i, y in zip(order, placed, strict=True):
        found[i] = y
    return found


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
