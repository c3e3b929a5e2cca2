"""Accuracy against training time, one mark a contender, and beside it which is which."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter, NullLocator

from sureshot.comparison import Standing
from sureshot.figures.learned import COLOURS, LINE, spread
from sureshot.figures.learning import PERCENT, TICKS
from sureshot.figures.style import EDGE, FAINT, SMALL, heading, panel, sheet, styled, write
from sureshot.figures.tables import Floats
from sureshot.figures.words import inches, plural, shorten
from sureshot.progress import duration

MARKS = "osD^v<>"  # one fewer than colours, so that both together tell 56 contenders apart
_WIDE = 7.4  # inches
_LEFT, _TOP, _TALL = 0.6, 0.75, 2.7  # inches, of the axes
_APART = 0.12  # inches between two marks; assumed to be as near as eyes can tell them apart
_KEY = 0.35  # inches from the axes to a name beside them


@styled()
def plot_against_time(table: Sequence[Standing], split: str = "test") -> Figure:
    """Accuracy with its interval against the time that training took."""
    labels = [f"{one.name}  {duration(60 * one.minutes)}" for one in table]
    named = [shorten(label, SMALL, 2.2) for label in labels]
    wide = _WIDE - _LEFT - _KEY - max(inches(label, SMALL) for label in named) - EDGE
    tall = max(_TALL, LINE * len(table))
    figure, axes = sheet(_WIDE, _TOP + tall + 0.55)
    told = plural(table[0].accuracy.n, f"{split} image")
    heading(axes, "Accuracy against training time", f"95 % intervals, {told}; up and left is good")
    place = panel(figure, _LEFT, _TOP, wide, tall)
    _times(place, np.array([max(one.minutes, 1e-3) for one in table]), table, wide)
    for number, label in enumerate(named):
        y = _TOP + LINE * (number + 0.5)
        _mark(axes, _LEFT + wide + _KEY - 0.12, y, number)
        colour = COLOURS[number % len(COLOURS)]
        write(axes, _LEFT + wide + _KEY, y, label, SMALL, colour, va="center_baseline")
    return figure


def _mark(axes: Axes, x: float, y: float, number: int) -> None:
    mark, colour = MARKS[number % len(MARKS)], COLOURS[number % len(COLOURS)]
    axes.plot(x, y, mark, color=colour, ms=6, mec="white", mew=0.5, zorder=3)


def _times(axes: Axes, minutes: Floats, table: Sequence[Standing], wide: float) -> None:
    """Marks and intervals, those apart that would cover one another, over round times."""
    low, high = minutes.min() / 2, minutes.max() * 2
    scale = np.log(high / low) / wide
    wanted = [float(x) for x in np.log(minutes / low) / scale]
    places = low * np.exp(scale * np.array(spread(wanted, 0.0, wide, _APART)))
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
    axes.set_axisbelow(True)
    for number, (one, x) in enumerate(zip(table, places, strict=True)):
        if one.accuracy.known:
            colour = COLOURS[number % len(COLOURS)]
            axes.vlines(x, one.accuracy.low, one.accuracy.high, color=colour, lw=1.6)
        _mark(axes, x, one.accuracy.value, number)
    axes.margins(y=0.12)
    axes.yaxis.set_major_formatter(PERCENT)
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=TICKS))
    _ticks(axes, low, high)


def _ticks(axes: Axes, low: float, high: float) -> None:
    """Round times as ticks, as many as lie between two in minutes."""
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
