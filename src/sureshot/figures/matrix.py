"""The confusion matrix: cells with counts and shares, or a heat map where classes are many."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from sureshot.figures.style import (
    BODY,
    EDGE,
    PAPER,
    QUIET,
    RIGHT,
    SMALL,
    WRONG,
    box,
    heading,
    readable_on,
    sheet,
    styled,
    write,
)
from sureshot.figures.tables import Confused, Confusion, Floats
from sureshot.figures.words import inches, percent, plural, shorten

WITH_CELLS = 30  # classes; beyond that the numbers in the cells could not be read
_NAMED = 60  # classes; beyond that their names could not be read either
_NAME = 1.5  # inches for the longest class name
_PAIRS = 15
_SLANT = 0.71  # sine and cosine of the 45 degrees of the names above
_MAP = 7.5  # inches, the side of the heat map


@styled()
def plot_confusion(table: Confusion, split: str = "test") -> Figure:
    """Rows are true classes, columns predicted ones; green is right, orange is wrong."""
    right, of = int(np.trace(table.counts)), plural(table.n, f"{split} image")
    caption = f"{right:,} of {of} right; shares are of the true class"
    if len(table.classes) <= WITH_CELLS:
        return _with_cells(table, caption)
    return _heat_map(table, caption)


def _with_cells(table: Confusion, caption: str) -> Figure:
    classes = len(table.classes)
    cell = next(side for most, side in _CELLS if classes <= most)
    left, top, right = _margins(table.classes, cell, BODY)
    width = max(left + cell * classes + right, 4.6)
    figure, axes = sheet(width, top + cell * classes + EDGE)
    heading(axes, "Which class is taken for which", caption)
    _names(axes, table.classes, cell, left, top, BODY)
    shares, colours = table.shares(), _colours(table)
    for i, j in np.ndindex(classes, classes):
        x, y = left + cell * j, top + cell * i
        box(axes, x, y, cell - 0.012, cell - 0.012, colours[i, j])
        _numbers(axes, x, y, cell, int(table.counts[i, j]), float(shares[i, j]), colours[i, j])
    return figure


_CELLS = ((6, 0.72), (12, 0.56), (20, 0.46), (WITH_CELLS, 0.42))  # classes up to, inches


def _numbers(
    axes: Axes, x: float, y: float, cell: float, count: int, share: float, colour: Floats
) -> None:
    """Count and share in the middle of a cell; a pale nought where nothing fell."""
    points, middle = min(9.5, 1 + cell * 14), {"ha": "center", "va": "center_baseline"}
    if not count:
        write(axes, x + cell / 2, y + cell / 2, "0", points * 0.8, "#a3abb5", **middle)
        return
    ink = readable_on(colour)
    write(axes, x + cell / 2, y + cell * 0.36, f"{count:,}", points, ink, **middle)
    write(
        axes, x + cell / 2, y + cell * 0.7, percent(share), max(points * 0.76, 5.6), ink, **middle
    )


def _margins(classes: Sequence[str], cell: float, points: float) -> tuple[float, float, float]:
    """Room for the names: left of the cells, above them, and right of them."""
    longest = max(inches(shorten(name, points, _NAME), points) for name in classes)
    upright = longest < cell - 0.06
    above = 0.2 if upright else longest * _SLANT + 0.14
    overhang = 0.0 if upright else longest * _SLANT - cell / 2
    return EDGE + max(longest, 0.72) + 0.1, 0.68 + max(above, 0.3), max(0.0, overhang) + EDGE


def _names(
    axes: Axes, classes: Sequence[str], cell: float, left: float, top: float, points: float
) -> None:
    """Class names left of the rows and above the columns, and in the corner which is which."""
    names = [shorten(name, points, _NAME) for name in classes]
    upright = max(inches(name, points) for name in names) < cell - 0.06
    slanted = {"rotation": 45, "rotation_mode": "anchor", "ha": "left", "va": "center"}
    way = {"ha": "center", "va": "baseline"} if upright else slanted
    for k, name in enumerate(names):
        centre = cell * (k + 0.5)
        write(axes, left - 0.1, top + centre, name, points, ha="right", va="center_baseline")
        write(axes, left + centre, top - 0.09, name, points, **way)
    write(axes, left - 0.1, top - 0.26, "predicted →", SMALL, QUIET, ha="right")
    write(axes, left - 0.1, top - 0.09, "true ↓", SMALL, QUIET, ha="right")


def _colours(table: Confusion) -> Floats:
    """The colour of every cell, shape (K, K, 3): by share, right and wrong apart."""
    strength = 0.92 * np.nan_to_num(table.shares())[:, :, None] ** 0.7  # small shares can be seen
    diagonal = np.eye(len(table.classes), dtype=bool)[:, :, None]
    full = np.where(diagonal, to_rgb(RIGHT), to_rgb(WRONG))
    return np.asarray(np.array(to_rgb(PAPER)) * (1 - strength) + full * strength, np.float64)


def _heat_map(table: Confusion, caption: str) -> Figure:
    classes = len(table.classes)
    cell = _MAP / classes
    points = min(SMALL, cell * 60)
    named = classes <= _NAMED
    left, top, right = _margins(table.classes, cell, points) if named else (EDGE, 0.9, EDGE)
    pairs = table.most_confused(_PAIRS)
    figure, axes = sheet(left + _MAP + right, top + _MAP + 0.7 + 0.2 * len(pairs))
    heading(axes, "Which class is taken for which", caption)
    size = max(1, 600 // classes)  # enough dots that no viewer smears the cells
    picture = np.kron(_colours(table), np.ones((size, size, 1)))
    place = (left, left + _MAP, top + _MAP, top)
    axes.imshow(picture, extent=place, aspect="auto", interpolation="none", zorder=1)
    if named:
        _names(axes, table.classes, cell, left, top, points)
    else:
        axes.text(EDGE, top - 0.1, "true ↓  predicted →", size=SMALL, color=QUIET)
    _list_pairs(axes, pairs, left, top + _MAP + 0.3)
    return figure


def _list_pairs(axes: Axes, pairs: Sequence[Confused], left: float, top: float) -> None:
    words = "The most frequent mistakes" if pairs else "No mistakes"
    write(axes, left, top, words, weight="bold", va="center_baseline")
    told = [
        f"{shorten(pair.true, BODY, 2.2)} taken for {shorten(pair.predicted, BODY, 2.2)}"
        for pair in pairs
    ]
    after = left + 0.85 + max((inches(words, BODY) for words in told), default=0)
    for number, (pair, words) in enumerate(zip(pairs, told, strict=True)):
        y = top + 0.24 + 0.2 * number
        share = f"{percent(pair.share)} of {shorten(pair.true, BODY, 1.2)}"
        write(axes, left + 0.4, y, f"{pair.count:,}", ha="right", va="center_baseline")
        write(axes, left + 0.55, y, words, va="center_baseline")
        write(axes, after, y, share, colour=QUIET, va="center_baseline")
