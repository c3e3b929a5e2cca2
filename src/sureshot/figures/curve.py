"""A learning curve with its forecast, drawn from the points that were measured."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullFormatter, NullLocator

from sureshot.figures.learning import PERCENT, TICKS
from sureshot.figures.style import (
    BODY,
    EDGE,
    FAINT,
    QUIET,
    SMALL,
    SPLIT,
    WRONG,
    heading,
    panel,
    sheet,
    styled,
    tint,
    write,
)
from sureshot.figures.words import inches, plural
from sureshot.measure.forecast import Forecast, Point

_WIDE = 7.4  # inches
_PLOT = (6.5, 2.7)  # inches, of the axes
_APART = 0.12  # inches between two labels of the axis
_BAND = 40  # numbers of images at which the band is computed
_KEY = (("mean", "o"), ("one seed", "."), ("forecast", "D"))


@styled()
def plot_learning_curve(points: Sequence[Point], told: Forecast, split: str = "test") -> Figure:
    """Accuracy against images trained on: every seed, the means, the law with its band."""
    figure, axes = sheet(_WIDE, 4.0)
    judged = f"{plural(told.seeds, 'seed')}, {plural(told.n, f'{split} image')}"
    band = "band and bar: 95 % intervals, " if not told.why else ""
    heading(axes, "Accuracy against training images", f"{band}{judged}")
    _legend(axes)
    place = panel(figure, 0.6, 0.75, *_PLOT)
    place.set_xscale("log")
    place.grid(axis="y", color=FAINT, linewidth=0.6)
    place.set_axisbelow(True)
    for point in points:
        own = [point.images] * len(point.by_seed)
        place.plot(own, point.by_seed, ".", color=tint(SPLIT[split], 0.55), ms=5, zorder=3)
        place.plot(point.images, point.accuracy, "o", color=SPLIT[split], ms=6, zorder=4)
    _law(place, told, points[0].images, split)
    _forecast(place, told)
    sizes = [*(point.images for point in points), told.largest + told.more]
    place.set_xlim(min(sizes) / 1.15, max(sizes) * 1.15)
    place.margins(y=0.1)
    place.yaxis.set_major_formatter(PERCENT)
    place.yaxis.set_major_locator(MaxNLocator(6, steps=TICKS))
    _sizes(place, sizes)
    return figure


def _legend(axes: Axes) -> None:
    """Which mark is what, in the top right corner."""
    right = _WIDE
    for words, mark in reversed(_KEY):
        right -= inches(words, BODY) + EDGE
        write(axes, right, EDGE + 0.09, words, colour=QUIET, va="center_baseline")
        axes.plot(right - 0.12, EDGE + 0.09, mark, color=QUIET, ms=5)
        right -= 0.3


def _law(axes: Axes, told: Forecast, least: int, split: str) -> None:
    """The fitted law, dashed where it goes beyond what was measured, and its band."""
    at = np.unique(np.geomspace(least, told.largest + told.more, _BAND).round().astype(int))
    values = np.array([[one.value, one.low, one.high] for one in map(told.at, map(int, at))]).T
    if not told.why:
        axes.fill_between(at, values[1], values[2], color=tint(SPLIT[split], 0.15), lw=0)
    seen = at <= told.largest
    axes.plot(at[seen], values[0][seen], color=SPLIT[split], lw=1.4)
    beyond = at >= at[seen][-1]
    axes.plot(at[beyond], values[0][beyond], ls=(0, (3, 2)), color=SPLIT[split], lw=1.2)


def _forecast(axes: Axes, told: Forecast) -> None:
    at, value = told.largest + told.more, told.accuracy
    if not told.why:
        axes.vlines(at, value.low, value.high, color=WRONG, lw=1.6)
    axes.plot(at, value.value, "D", color=WRONG, ms=6, zorder=4)


def _sizes(axes: Axes, sizes: Sequence[int]) -> None:
    """The numbers of images as ticks, the forecast's first, those left out that find no room."""
    left, right = np.log(axes.get_xlim())
    taken: list[tuple[float, float]] = []
    named = {}
    for images in reversed(sizes):
        middle = float((np.log(images) - left) / (right - left)) * _PLOT[0]
        half = inches(f"{images:,}", SMALL) / 2 + _APART / 2
        if all(abs(middle - other) >= half + wide for other, wide in taken):
            taken.append((middle, half))
            named[images] = f"{images:,}"
    axes.set_xticks(list(named), list(named.values()))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("images trained on")
