"""The tries of a search, one after another: what each came to, and the best so far."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from sureshot.figures.style import (
    BODY,
    EDGE,
    FAINT,
    QUIET,
    SPLIT,
    heading,
    panel,
    sheet,
    styled,
    tint,
    write,
)
from sureshot.figures.words import inches, plural

_WIDE = 7.4  # inches
_FAR = 20.0  # times the least: with more between them a logarithmic scale shows both ends
_MARKS = {"complete": ("o", SPLIT["validation"]), "pruned": ("x", QUIET)}


@dataclass(frozen=True)
class Tried:
    """One try with a log loss on the validation images."""

    number: int
    state: str  # "complete" or "pruned"
    log_loss: float


@styled()
def plot_tries(tries: Sequence[Tried]) -> Figure:
    """Validation log loss by try; the line is the best that came to its end."""
    figure, axes = sheet(_WIDE, 3.4)
    told = f"validation log loss of {plural(len(tries), 'try', 'tries')}; down is good"
    heading(axes, "The search", told)
    right = _WIDE
    for state, (mark, colour) in _MARKS.items():
        words = {"complete": "to its end", "pruned": "stopped early"}[state]
        right -= inches(words, BODY) + EDGE
        write(axes, right, EDGE + 0.09, words, colour=QUIET, va="center_baseline")
        axes.plot(right - 0.12, EDGE + 0.09, mark, color=colour, ms=5)
        right -= 0.3
    place = panel(figure, 0.6, 0.75, 6.5, 2.1)
    place.grid(axis="y", color=FAINT, linewidth=0.6)
    place.set_axisbelow(True)
    whole = [one for one in tries if one.state == "complete"]
    best = np.minimum.accumulate([one.log_loss for one in whole])
    numbers = [one.number for one in whole]
    pale = tint(SPLIT["validation"], 0.5)
    place.plot(numbers, best, drawstyle="steps-post", color=pale, lw=1.4)
    for one in tries:
        mark, colour = _MARKS[one.state]
        place.plot(one.number, one.log_loss, mark, color=colour, ms=5, zorder=3)
    losses = [one.log_loss for one in tries]
    if max(losses) > _FAR * min(losses) > 0:
        place.set_yscale("log")
        place.yaxis.set_minor_formatter(NullFormatter())
        place.yaxis.set_major_formatter(FuncFormatter(lambda loss, _: f"{loss:g}"))
    place.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))
    place.set_xlim(0.5, max(one.number for one in tries) + 0.5)
    place.set_xlabel("try")
    return figure
