"""The pieces of a network's diagram: volumes in oblique view, columns of units, thin bars.

All places are in inches on a sheet. Each piece stands with its middle on the line `mid`, begins at
`x` on that line, and returns where it ends there. What is drawn later covers what was before.
"""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Circle, FancyBboxPatch, Polygon

from sureshot.figures.style import QUIET, tint

BACK = 0.3  # how far the back of a volume lies to the right, as a share of its height …
UP = 0.2  # … and how far up
UNIT_WIDTH = 0.17
DOTS = 10  # units drawn at most; of more, the first and the last
_LINE = 0.6  # points
_LAYER = 1  # Matplotlib's zorder: one for all, so that the order of drawing decides

Point = tuple[float, float]


def volume(
    axes: Axes,
    x: float,
    mid: float,
    thick: float,
    before: float,
    after: float,
    colour: str,
    sheets: int = 1,
) -> float:
    """A block that is `before` inches tall on its left and `after` on its right.

    Lines part it into `sheets`, which stand for its many channels.
    """
    (a, b), (c, d) = _top(x, mid, before), _top(x + thick, mid, after)
    front = [a, c, _below(c, after), _below(a, before)]
    side = [c, d, _below(d, after), _below(c, after)]
    _face(axes, side, colour, 0.4)
    _face(axes, [a, b, d, c], colour, 0.25)
    _face(axes, front, colour, 0.62)
    for share in np.linspace(0, 1, sheets + 1)[1:-1]:
        tall = before + (after - before) * share
        near, far = _top(x + thick * share, mid, tall)
        _line(axes, [far, near, _below(near, tall)], "white", alpha=0.7)
    return x + thick


def flat(
    axes: Axes, x: float, mid: float, wide: float, before: float, after: float, colour: str
) -> float:
    """The same without depth: something thin between columns of units."""
    left, right = (x, mid - before / 2), (x + wide, mid - after / 2)
    _face(axes, [left, right, _below(right, after), _below(left, before)], colour, 0.62)
    return x + wide


def ruled(axes: Axes, x: float, mid: float, wide: float, tall: float, colour: str) -> float:
    """A column of plain numbers, one below the other."""
    flat(axes, x, mid, wide, tall, tall, colour)
    cells = max(2, round(tall / 0.06))
    for y in np.linspace(mid - tall / 2, mid + tall / 2, cells + 1)[1:-1]:
        _line(axes, [(x, y), (x + wide, y)], "white")
    return x + wide


def frame(
    axes: Axes, x: float, mid: float, wide: float, tall: float, colour: str, deep: bool
) -> float:
    """A dashed frame: a layer that lets only some of the numbers through."""
    reach, up = (tall * BACK / 2, tall * UP / 2) if deep else (wide / 2, 0.0)
    near = x + wide / 2 - reach, mid - tall / 2 + up
    far = x + wide / 2 + reach, mid - tall / 2 - up
    corners = [near, far, _below(far, tall), _below(near, tall)]
    _face(axes, corners, colour, 0.06, lw=0.9, ls=(0, (2.2, 1.4)))
    return x + wide


def units(axes: Axes, x: float, mid: float, tall: float, count: int, colour: str) -> float:
    """A column of units as dots: all of them, or the first and the last with a gap between."""
    rim = UNIT_WIDTH / 2
    box = FancyBboxPatch(
        (x + rim, mid - tall / 2 + rim),
        UNIT_WIDTH - 2 * rim,
        tall - 2 * rim,
        boxstyle=f"round,pad={rim},rounding_size={rim}",
        facecolor=tint(colour, 0.22),
        edgecolor=colour,
        lw=_LINE,
        zorder=_LAYER,
    )
    axes.add_patch(box)
    radius = min(0.042, tall / min(count, DOTS) * 0.36)
    dots = [(y, radius) for y in places(mid, tall, count)]
    if count > DOTS:
        dots += [(mid + step, 0.011) for step in (-0.05, 0.0, 0.05)]
    for y, size in dots:
        axes.add_patch(Circle((x + rim, y), size, fc=colour, ec="none", zorder=_LAYER))
    return x + UNIT_WIDTH


def places(mid: float, tall: float, count: int) -> list[float]:
    """Where the dots of a column of units are."""
    shown = min(count, DOTS)
    every = np.linspace(mid - tall / 2, mid + tall / 2, 2 * shown + 1)[1::2]
    if count > DOTS:
        every = np.delete(every, [shown // 2 - 1, shown // 2])
    return [float(y) for y in every]


def each_to_each(
    axes: Axes, start: float, before: Sequence[float], end: float, after: Sequence[float]
) -> None:
    """Faint lines from each dot of one column to each of the next."""
    lines = [((start, y), (end, z)) for y, z in product(before, after)]
    axes.add_collection(
        LineCollection(lines, colors=[tint(QUIET, 0.35)], linewidths=0.35, zorder=_LAYER)
    )


def onward(axes: Axes, mid: float, start: float, end: float, tip: bool = False) -> None:
    """The line from one piece to the next; with a tip where the next is in another row."""
    _line(axes, [(start, mid), (end, mid)], QUIET, lw=0.9)
    if tip:
        _line(axes, [(end - 0.06, mid - 0.04), (end, mid), (end - 0.06, mid + 0.04)], QUIET, lw=0.9)


def hinge(axes: Axes, x: float, mid: float, wide: float, tall: float, colour: str) -> None:
    """The curve of a ReLU: flat, then up."""
    low, high = mid + tall / 2, mid - tall / 2
    _line(axes, [(x, low), (x + wide / 2, low), (x + wide, high)], colour, lw=1.1)


def _face(axes: Axes, corners: list[Point], colour: str, strength: float, **how: Any) -> None:
    settled = {"lw": _LINE, "joinstyle": "round", "zorder": _LAYER, **how}
    axes.add_patch(Polygon(corners, facecolor=tint(colour, strength), edgecolor=colour, **settled))


def _line(axes: Axes, corners: list[Point], colour: str, **how: Any) -> None:
    axes.plot(*zip(*corners, strict=True), color=colour, zorder=_LAYER, **{"lw": _LINE, **how})


def _top(x: float, mid: float, tall: float) -> tuple[Point, Point]:
    """The upper end of a volume's edge at `x`, in front and at the back."""
    back, up = tall * BACK / 2, tall * UP / 2
    return (x - back, mid - tall / 2 + up), (x + back, mid - tall / 2 - up)


def _below(corner: Point, tall: float) -> Point:
    return corner[0], corner[1] + tall
