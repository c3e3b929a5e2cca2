"""Spreads of sizes and brightness, and the values of pixels, each drawn from its table."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sureshot.figures.learning import PERCENT
from sureshot.figures.spreads import Spread
from sureshot.figures.style import (
    BODY,
    EDGE,
    FAINT,
    INK,
    QUIET,
    RIGHT,
    SMALL,
    WRONG,
    box,
    heading,
    panel,
    sheet,
    styled,
    tint,
    write,
)
from sureshot.figures.tables import Floats
from sureshot.figures.tally import Tally
from sureshot.figures.words import inches, percent, shorten

_BLUE = "#0072b2"
_NAME, _STEP = 1.9, 0.235  # inches for the longest class name, and from row to row
_WIDE, _APART, _TALL = 1.62, 0.4, 0.62  # inches of a column, between two, of its histogram
_GREY = (("grey", INK, "-"),)
_COLOURS = (("red", WRONG, "-"), ("green", RIGHT, "--"), ("blue", _BLUE, ":"))
_ASPECTS = {1 / 4: "1:4", 1 / 2: "1:2", 2 / 3: "2:3", 3 / 4: "3:4", 1.0: "1:1"}
_ASPECTS |= {4 / 3: "4:3", 3 / 2: "3:2", 2.0: "2:1", 4.0: "4:1"}


@styled()
def plot_spreads(table: Sequence[Spread], classes: Sequence[str]) -> Figure:
    """A column a quantity: its histogram over all images, and below it a bar a class."""
    drawn = [spread for spread in table if spread.varies]
    names = [shorten(name, BODY, _NAME) for name in classes]
    left = EDGE + max([inches(name, BODY) for name in [*names, "all"]]) + 0.18
    rows = len(names) if len(names) > 1 else 0
    width = max(left + (_WIDE + _APART) * len(drawn) - _APART + 2 * EDGE, 4.6)
    figure, axes = sheet(width, 2.1 + _STEP * (rows + 1))
    told = "bars from the 5th to the 95th percentile, thick from the 25th to the 75th"
    top = heading(axes, "How the images differ", told) + 0.1
    below = top + 0.28 + _TALL
    for number, name in enumerate(["all", *names[:rows]]):
        y, weight = below + 0.46 + _STEP * number, "bold" if number == 0 else "normal"
        write(axes, left - 0.12, y, name, ha="right", va="center_baseline", weight=weight)
    for number, spread in enumerate(drawn):
        x = left + (_WIDE + _APART) * number
        unit = f", {spread.unit}" if spread.unit else ""
        write(axes, x, top + 0.08, spread.name + unit, weight="bold")
        _axis(axes, spread, x, top + 0.28, below + 0.46 + _STEP * rows + 0.12)
        _histogram(axes, spread, x, below)
        for row, quantiles in enumerate([spread.whole, *spread.by_class[:rows]]):
            _bar(axes, _placed(spread, quantiles, x), below + 0.46 + _STEP * row, row == 0)
    return figure


@styled()
def plot_pixel_values(told: Tally) -> Figure:
    """How often each value occurs in each channel, over all readable images."""
    counts = told.histogram.sum(axis=0)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = sheet(6.6, 3.1)
    heading(axes, "The values of pixels", _ends(shares))
    place = panel(figure, 0.72, 0.78, 5.7, 1.8)
    lines = _GREY if len(shares) == 1 else _COLOURS
    for (name, colour, line), share in zip(lines, shares, strict=True):
        place.plot(np.arange(256), share, color=colour, lw=1.3, ls=line, label=name)
    inside = float(shares[:, 1:-1].max(initial=0))
    place.set(xlim=(0, 255), ylim=(0, 1.15 * inside or 1.0), xlabel="value", ylabel="share")
    place.set_xticks([0, 64, 128, 192, 255])
    place.yaxis.set_major_locator(MaxNLocator(4))
    place.yaxis.set_major_formatter(PERCENT)
    if len(shares) > 1:
        place.legend(frameon=False, fontsize=SMALL, loc="upper center", ncols=3, handlelength=2.6)
    return figure


def _ends(shares: Floats) -> str:
    """What the ends hold, which may stand far above the rest of the curve."""
    black, white = (percent(float(share)) for share in shares[:, [0, 255]].mean(axis=0))
    return f"{black} of all values are 0, {white} are 255; the scale leaves these ends out"


def _axis(axes: Axes, spread: Spread, x: float, top: float, bottom: float) -> None:
    """Faint lines at round values, each with its number between histogram and bars."""
    for value, label in _ticks(spread):
        at = float(_placed(spread, np.array([value]), x)[0])
        axes.plot([at, at], [top, bottom], color=FAINT, lw=0.6, zorder=0)
        where: dict[str, Any] = {"ha": "center", "va": "center_baseline"}
        back = {"facecolor": "white", "edgecolor": "none", "pad": 1.2}
        write(axes, at, top + _TALL + 0.16, label, SMALL, QUIET, bbox=back, **where)


def _histogram(axes: Axes, spread: Spread, x: float, floor: float) -> None:
    step, most = _WIDE / len(spread.counts), max(int(spread.counts.max()), 1)
    for number, count in enumerate(spread.counts):
        tall = _TALL * count / most
        box(axes, x + step * number, floor - tall, step * 0.92, tall, tint(_BLUE, 0.55))


def _bar(axes: Axes, at: Floats, y: float, whole: bool) -> None:
    """Five quantiles as a thin bar, a thick one on it, and a mark at the median."""
    if np.isnan(at).any():
        return
    colour = INK if whole else _BLUE
    box(axes, at[0], y - 0.012, at[4] - at[0], 0.024, tint(colour, 0.6))
    box(axes, at[1], y - 0.055, max(at[3] - at[1], 0.02), 0.11, tint(colour, 0.38))
    box(axes, at[2] - 0.014, y - 0.075, 0.028, 0.15, colour)


def _placed(spread: Spread, values: Floats, x: float) -> Floats:
    """Where values lie on a column that begins at `x`, in inches."""
    low, high = spread.edges[0], spread.edges[-1]
    if spread.logarithmic:
        low, high, values = np.log(low), np.log(high), np.log(values)
    return np.asarray(x + _WIDE * (values - low) / (high - low))


def _ticks(spread: Spread) -> list[tuple[float, str]]:
    """Two to four round values within a spread, and how they are written."""
    low, high = float(spread.edges[0]), float(spread.edges[-1])
    if spread.name == "width : height":
        return _apart(spread, [(value, words) for value, words in _ASPECTS.items()])
    if not spread.logarithmic:
        values = MaxNLocator(3, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        return _apart(spread, [(float(value), f"{value:,.4g}") for value in values])
    tens = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    values = [10.0**ten * part for part in (1, 2, 5) for ten in tens]
    return _apart(spread, [(value, f"{value:,g}") for value in values])


def _apart(spread: Spread, ticks: list[tuple[float, str]]) -> list[tuple[float, str]]:
    """Those within the spread whose numbers do not run into one another, the rounder first."""
    low, high = spread.edges[0], spread.edges[-1]
    kept: list[tuple[float, str]] = []
    for value, words in sorted(ticks, key=lambda tick: _roundness(tick[0])):
        if low <= value <= high:
            at = _placed(spread, np.array([value, *(other for other, _ in kept)]), 0.0)
            if (np.abs(at[1:] - at[0]) > 0.38).all():
                kept.append((value, words))
    return kept


def _roundness(value: float) -> int:
    """0 for 1, 10, 100 …, more for less round numbers, so that these stay where room is short."""
    return len(f"{value:.3e}".split("e")[0].rstrip("0")) + (f"{value:.3e}"[0] != "1")
