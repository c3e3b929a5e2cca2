"""Learning curves: loss and accuracy by epoch, and the learning rate where it changes."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from sureshot.figures.style import (
    BODY,
    EDGE,
    FAINT,
    INK,
    QUIET,
    SPLIT,
    heading,
    panel,
    sheet,
    styled,
    write,
)
from sureshot.figures.tables import Curves, Floats
from sureshot.figures.words import inches, percent

PERCENT = FuncFormatter(lambda share, _: f"{share * 100:g} %")
TICKS = [1, 2, 5, 10]
_WIDE = 7.4  # inches
_LEFT, _RIGHT, _PANEL = 0.55, 4.25, 2.95  # inches: where the panels begin, and how wide they are
_DEEPEST = 1e-3  # of the highest rate: a cosine ends far below, where there is no room to draw


@styled()
def plot_curves(table: Curves) -> Figure:
    """Loss and accuracy by epoch, training and validation, the chosen epoch marked.

    Below them the learning rate, where it was not the same all the time.
    """
    changed = bool((table.rate != table.rate[0]).any())
    figure, axes = sheet(_WIDE, 4.0 if changed else 3.2)
    heading(axes, "Learning curves", chosen_in_words(table))
    _legend(axes, table, _WIDE)
    left = panel(figure, _LEFT, 0.85, _PANEL, 1.85)
    right = panel(figure, _RIGHT, 0.85, _PANEL, 1.85)
    _curve(left, table, "loss", table.train_loss, table.validation_loss)
    _curve(right, table, "accuracy", table.train_accuracy, table.validation_accuracy)
    losses = np.concatenate([table.train_loss, table.validation_loss])
    left.set_ylim(0, 1.06 * max(losses[np.isfinite(losses)], default=1) or 1)
    right.yaxis.set_major_formatter(PERCENT)
    if changed:
        for over, start in ((left, _LEFT), (right, _RIGHT)):
            over.tick_params(labelbottom=False)
            over.set_xlabel("")
            _rate(panel(figure, start, 2.98, _PANEL, 0.42), over, table)
    return figure


def chosen_in_words(table: Curves) -> str:
    """Which epoch's weights were kept, and how good it was."""
    at = int(np.flatnonzero(table.epoch == table.chosen)[0])
    if not table.validated:
        loss, share = table.train_loss[at], percent(table.train_accuracy[at])
        return f"no validation, the last epoch was kept: training loss {loss:.3f}, accuracy {share}"
    loss, share = table.validation_loss[at], percent(table.validation_accuracy[at])
    return f"epoch {table.chosen} was chosen: validation loss {loss:.3f}, accuracy {share}"


def _legend(axes: Axes, table: Curves, right: float) -> None:
    """Which colour is which split, in the top right corner."""
    lines = [("validation", "-"), ("train", "--")] if table.validated else [("train", "--")]
    for split, style in lines:
        right -= inches(split, BODY) + EDGE
        colour = SPLIT[split]
        write(axes, right, EDGE + 0.09, split, colour=colour, va="center_baseline")
        axes.plot([right - 0.33, right - 0.06], [EDGE + 0.09] * 2, style, color=colour, lw=1.5)
        right -= 0.4


def _curve(axes: Axes, table: Curves, name: str, train: Floats, validation: Floats) -> None:
    dot = "o" if len(table.epoch) <= 30 else ""
    small = 2 if len(table.epoch) > 1 else 5  # a single epoch has no line that could be seen
    axes.grid(axis="y", color=FAINT, linewidth=0.6)
    axes.axvline(table.chosen, color=INK, linewidth=0.8, linestyle=(0, (1, 2)))
    axes.plot(table.epoch, train, "--", color=SPLIT["train"], lw=1.5, marker=dot, ms=small)
    ringed, colour = train, SPLIT["train"]
    if table.validated:
        ringed, colour = validation, SPLIT["validation"]
        axes.plot(table.epoch, validation, "-", color=colour, lw=1.5, marker=dot, ms=3)
    at = table.epoch == table.chosen
    axes.plot(table.epoch[at], ringed[at], "o", color=colour, ms=7, mfc="white", mew=1.6, zorder=3)
    _epochs(axes)
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=TICKS))
    axes.set_title(name, size=BODY, color=INK, loc="left", pad=6)


def _rate(axes: Axes, over: Axes, table: Curves) -> None:
    """The learning rate in steps on a logarithmic scale, epoch below epoch."""
    rate = np.maximum(table.rate, _DEEPEST * table.rate.max())
    named = {float(side) for side in (rate.min(), rate.max()) if side in table.rate}
    axes.set_yscale("log")
    axes.step(table.epoch, rate, where="mid", color=QUIET, lw=1.1)
    axes.set(xlim=over.get_xlim(), ylim=(rate.min() / 1.8, rate.max() * 1.8))
    axes.yaxis.set_major_locator(FixedLocator(sorted(named)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.2g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_title("learning rate", size=BODY, color=QUIET, loc="left", pad=4)
    _epochs(axes)


def _epochs(axes: Axes) -> None:
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=TICKS, integer=True, min_n_ticks=1))
    axes.set_axisbelow(True)
    axes.set_xlabel("epoch")
