"""How much can be sorted without a look, and what a temperature did: drawn from tables.

Shapes: `T` thresholds, the strictest first.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sureshot.bundle import Plan
from sureshot.figures.learning import PERCENT, TICKS
from sureshot.figures.style import (
    FAINT,
    INK,
    QUIET,
    RIGHT,
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
from sureshot.figures.tables import Floats, Reliability
from sureshot.figures.words import percent, plural
from sureshot.measure.risk import Curve

_ROOM = 3.0  # times the promised error that the axis reaches; assumed: beyond it nobody looks


@styled()
def plot_automation(curve: Curve, bounds: Floats, plan: Plan) -> Figure:
    """The error of what is sorted automatically against its share, and the promise.

    `bounds` (T,) are the upper bounds of the error, each threshold taken alone.
    """
    figure, axes = sheet(6.6, 4.1)
    found = "nothing can be promised"
    if plan.threshold is not None:
        found = f"{percent(plan.automated)} can be sorted automatically"
    heading(axes, "How much need not be looked at?", f"{found}, {plural(plan.n, 'image')}")
    place = panel(figure, 0.72, 0.78, 5.7, 2.75)
    some = curve.accepted > 0
    share, error, bound = curve.share[some], curve.error[some], bounds[some]
    worst = float(error.max(initial=0))
    top = min(max(_ROOM * plan.max_error, 1.15 * worst, 0.01), 1.0)
    place.set(xlim=(0, 1.0), ylim=(0, top))
    place.fill_between(share, error, np.minimum(bound, top), color=tint(WRONG, 0.16), lw=0)
    place.plot(share, bound, color=WRONG, lw=0.9, ls=(0, (4, 2)), label="at most, by itself")
    place.plot(share, error, color=WRONG, lw=1.6, label="seen")
    place.axhline(plan.max_error, color=INK, lw=0.8, ls=(0, (1, 2)))
    words = f"promised {percent(plan.max_error)}"
    write(place, 0.99, plan.max_error, words, SMALL, ha="right", va="bottom")
    if plan.threshold is not None:
        _chosen(place, plan)
    place.set_xlabel("share of the images that is sorted automatically")
    place.set_ylabel("wrong, of those")
    for axis in (place.xaxis, place.yaxis):
        axis.set_major_formatter(PERCENT)
    place.yaxis.set_major_locator(MaxNLocator(6, steps=TICKS))
    place.grid(axis="y", color=FAINT, linewidth=0.6)
    place.set_axisbelow(True)
    place.legend(frameon=False, fontsize=SMALL, loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    return figure


def _chosen(place: Axes, plan: Plan) -> None:
    """The threshold that was chosen, and from which probability on it sorts."""
    error = plan.wrong / max(round(plan.automated * plan.n), 1)
    place.axvline(plan.automated, color=RIGHT, lw=1.0)
    place.plot(plan.automated, error, "o", color=RIGHT, ms=7, mfc="white", mew=1.6, zorder=3)
    where = "right" if plan.automated > 0.5 else "left"
    words = f" from a probability of {plan.threshold:.3f} "
    at = place.get_ylim()[1] * 0.86
    write(place, plan.automated, at, words, SMALL, RIGHT, ha=where, va="top")


@styled()
def plot_calibration(before: Reliability, after: Reliability, split: str = "test") -> Figure:
    """How often the model was right against how sure it was, without and with its temperature."""
    figure, axes = sheet(7.4, 4.55)
    told = f"calibration error {before.error:.3f} before, {after.error:.3f} after the temperature"
    images = plural(after.n, f"{split} image")
    heading(axes, "Is it right as often as it says?", f"{told}; {images}")
    for left, name, table in ((0.75, "before", before), (4.35, "after", after)):
        _diagram(panel(figure, left, 0.98, 2.8, 2.35), name, table, SPLIT[split])
        _bars(panel(figure, left, 3.42, 2.8, 0.55), table, SPLIT[split])
    return figure


def _diagram(place: Axes, name: str, table: Reliability, colour: str) -> None:
    bins, held = table.bins, table.bins.n > 0
    place.set(xlim=(0, 1), ylim=(-0.02, 1.02))
    place.set_title(name, size=SMALL, color=INK, loc="left", pad=5)
    place.plot([0, 1], [0, 1], color=QUIET, linewidth=0.8, linestyle=(0, (4, 3)))
    ends = bins.accuracy_low[held], bins.accuracy_high[held]
    place.vlines(bins.confidence[held], *ends, color=colour, lw=1.3)
    place.plot(bins.confidence[held], bins.accuracy[held], "o", color=colour, markersize=4)
    _axes(place, [0, 0.5, 1])
    place.yaxis.set_major_formatter(PERCENT)
    place.tick_params(labelbottom=False)
    place.set_ylabel("share that was right")


def _bars(place: Axes, table: Reliability, colour: str) -> None:
    low, span = table.bins.low, table.bins.high - table.bins.low
    place.bar(low + span / 2, table.bins.n, span * 0.86, color=tint(colour, 0.55), lw=0)
    place.set(xlim=(0, 1), ylim=(0, max(1.0, 1.05 * float(table.bins.n.max()))))
    _axes(place, [0, 0.5, 1])
    place.yaxis.set_major_locator(MaxNLocator(1, steps=TICKS, integer=True))
    place.set_xlabel("probability given to the answer")


def _axes(place: Axes, ticks: Sequence[float]) -> None:
    place.set_xticks(list(ticks))
    place.xaxis.set_major_formatter(PERCENT)
