"""A verdict as a picture: the interval that was found against what was claimed."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sureshot.comparison import KINDS, Verdict
from sureshot.figures.style import INK, QUIET, RIGHT, SMALL, WRONG, panel, sheet, styled, tint
from sureshot.figures.words import shorten

OUTCOME = {"supported": RIGHT, "refuted": WRONG, "undecided": QUIET}
MARK = {"supported": "o", "refuted": "X", "undecided": "D"}  # told apart without colour too
_WIDE, _TALL = 4.4, 0.98  # inches
_BESIDE = 0.25  # of the span shown, left free on both sides
_FAR = 20.0  # times the value or the bound: further ends of a ratio are not shown; assumed


@styled()
def plot_verdict(verdict: Verdict) -> Figure:
    """The claimed range shaded, the interval as a bar in the colour of the verdict."""
    assert verdict.number is not None
    assert verdict.number.known
    figure, _ = sheet(_WIDE, _TALL)
    axes = panel(figure, 0.35, 0.24, _WIDE - 0.7, 0.38)
    low, high = _span(verdict)
    axes.set(xlim=(low, high), ylim=(0, 1), yticks=[])
    axes.spines["left"].set_visible(False)
    _claimed(axes, verdict, low, high)
    told, colour = verdict.number, OUTCOME[verdict.outcome]
    ends = max(told.low, low), min(told.high, high)  # those of a ratio may lie anywhere
    axes.plot(ends, [0.5, 0.5], color=colour, lw=5, solid_capstyle="butt")
    mark = MARK[verdict.outcome]
    axes.plot(told.value, 0.5, mark, color=colour, ms=9, mec="white", mew=1.4, zorder=4)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _tick(x, verdict)))
    return figure


def _tick(x: float, verdict: Verdict) -> str:
    """A place on the axis, in as few letters as it takes."""
    kind = KINDS[verdict.score]
    if kind.unit != "share" or verdict.way == "ratio":
        return kind.stated(x, verdict.way)
    if verdict.way == "value":
        return f"{100 * x:g} %"
    return f"{100 * x:+g}" if abs(x) > 1e-9 else "0"


def _span(verdict: Verdict) -> tuple[float, float]:
    """What is shown: interval and bounds, with room beside them, within the score's own range."""
    told = verdict.number
    assert told is not None
    far = (
        _FAR * max(map(abs, (told.value, *verdict.limits))) if verdict.way == "ratio" else math.inf
    )
    ends = [end for end in (told.low, told.high) if abs(end) <= far and math.isfinite(end)]
    shown = [told.value, *ends, *verdict.limits]
    width = (max(shown) - min(shown)) or abs(shown[0]) or 1.0
    least, most = KINDS[verdict.score].range(verdict.way)
    low = max(min(shown) - _BESIDE * width, least - 0.02 * width)
    high = min(max(shown) + _BESIDE * width, most + 0.02 * width)
    return low, high


def _claimed(axes: Axes, verdict: Verdict, low: float, high: float) -> None:
    """The range in which the claim is true, its bounds as lines."""
    from_, to = verdict.at_least, verdict.at_most
    left, right = low if from_ is None else from_, high if to is None else to
    axes.axvspan(left, right, color=tint(RIGHT, 0.16), lw=0)
    for bound in (from_, to):
        if bound is not None and math.isfinite(bound):
            axes.axvline(bound, color=INK, lw=1.2)
    words = shorten(f"claimed: {verdict.bounds}", SMALL, 2.6)
    nearer = (left - low) < (high - left)
    at, align = (left, "left") if nearer else (min(right, high), "right")
    axes.text(at, 1.08, words, size=SMALL, color=QUIET, ha=align, va="bottom", parse_math=False)
