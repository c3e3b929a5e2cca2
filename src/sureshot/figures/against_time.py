"""Accuracy against training time, one dot a contender."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter, NullLocator

from sureshot.comparison import Standing
from sureshot.figures.learned import COLOURS, LINE
from sureshot.figures.learning import PERCENT, TICKS
from sureshot.figures.style import FAINT, SMALL, heading, panel, sheet, styled
from sureshot.figures.tables import Floats
from sureshot.figures.words import inches, plural, shorten
from sureshot.progress import duration

_WIDE = 7.4  # inches
_PLOT = (6.5, 2.7)  # inches, of the axes


@styled()
def plot_against_time(table: Sequence[Standing], split: str = "test") -> Figure:
    """Accuracy with its interval against the time that training took."""
    figure, axes = sheet(_WIDE, 4.0)
    told = plural(table[0].accuracy.n, f"{split} image")
    heading(axes, "Accuracy against training time", f"95 % intervals, {told}; up and left is good")
    place = panel(figure, 0.6, 0.75, *_PLOT)
    minutes = np.array([max(one.minutes, 1e-3) for one in table])
    low, high = minutes.min() / 1.6, minutes.max() * 2.6
    place.set_xscale("log")
    place.set_xlim(low, high)
    place.grid(axis="y", color=FAINT, linewidth=0.6)
    place.set_axisbelow(True)
    for number, (one, x) in enumerate(zip(table, minutes, strict=True)):
        colour = COLOURS[number % len(COLOURS)]
        if one.accuracy.known:
            place.vlines(x, one.accuracy.low, one.accuracy.high, color=colour, lw=1.6)
        place.plot(x, one.accuracy.value, "o", color=colour, ms=6, zorder=3)
    place.margins(y=0.12)
    place.yaxis.set_major_formatter(PERCENT)
    place.yaxis.set_major_locator(MaxNLocator(6, steps=TICKS))
    _times(place, low, high)
    _labels(place, table, minutes)
    return figure


def _times(axes: Axes, low: float, high: float) -> None:
    """Round times as ticks, three or more of them."""
    fitting = [t for t in _ROUND if low * 60 <= t <= high * 60]
    axes.set_xticks([t / 60 for t in fitting], [_brief(t) for t in fitting])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("training time of one run")


_ROUND = (
    *(0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 18_000),
    *(36_000, 86_400, 172_800, 432_000),
)  # seconds


def _brief(seconds: float) -> str:
    """ "20 s", "5 min", "2 h"."""
    if seconds < 60:
        return f"{seconds:g} s"
    return f"{seconds / 60:g} min" if seconds < 3600 else f"{seconds / 3600:g} h"


def _labels(axes: Axes, table: Sequence[Standing], minutes: Floats) -> None:
    """Each name beside its dot, on the first side where it covers nothing."""
    at, taken = _places(axes, table, minutes)
    for number, (one, (x, y)) in enumerate(zip(table, at, strict=True)):
        words = shorten(f"{one.name}  {duration(60 * one.minutes)}", SMALL, 2.2)
        wide = inches(words, SMALL)
        boxes = [
            (
                x + dx - share * wide,
                y + dy - LINE / 2,
                x + dx + (1 - share) * wide,
                y + dy + LINE / 2,
            )
            for dx, dy, share in _SIDES
        ]
        inside = [box for box in boxes if box[0] >= 0 and box[2] <= _PLOT[0]] or boxes
        chosen = min(inside, key=lambda box: sum(_overlap(box, other) for other in taken))
        taken.append(chosen)
        colour = COLOURS[number % len(COLOURS)]
        left, middle = chosen[0] / _PLOT[0], (chosen[1] + chosen[3]) / 2 / _PLOT[1]
        axes.text(
            left,
            middle,
            words,
            size=SMALL,
            color=colour,
            va="center_baseline",
            transform=axes.transAxes,
            parse_math=False,
        )


Box = tuple[float, float, float, float]  # left, bottom, right, top in inches
_DOT = 0.06  # inches from the middle of a dot to its edge
_SIDES = (  # from the dot in inches, and the share of the words that lies left of there
    (0.11, 0.0, 0.0),
    (-0.11, 0.0, 1.0),
    (0.08, 0.16, 0.0),
    (0.08, -0.16, 0.0),
    (-0.08, 0.16, 1.0),
    (-0.08, -0.16, 1.0),
)


def _places(
    axes: Axes, table: Sequence[Standing], minutes: Floats
) -> tuple[list[tuple[float, float]], list[Box]]:
    """Where the dots lie, and all that dots and intervals cover, in inches from the lower left."""
    left, right = np.log(axes.get_xlim())
    low, high = axes.get_ylim()
    at, taken = [], []
    for one, time in zip(table, minutes, strict=True):
        x = float((np.log(time) - left) / (right - left)) * _PLOT[0]

        def up(value: float) -> float:
            return (value - low) / (high - low) * _PLOT[1]

        y = up(one.accuracy.value)
        at.append((x, y))
        taken.append((x - _DOT, y - _DOT, x + _DOT, y + _DOT))
        if one.accuracy.known:
            taken.append((x - 0.02, up(one.accuracy.low), x + 0.02, up(one.accuracy.high)))
    return at, taken


def _overlap(one: Box, other: Box) -> float:
    """The area that two boxes share, in square inches."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    tall = min(one[3], other[3]) - max(one[1], other[1])
    return wide * tall if wide > 0 and tall > 0 else 0.0
