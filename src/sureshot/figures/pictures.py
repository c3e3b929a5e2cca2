"""Figures with photographs in them: one image a class, random predictions, the worst mistakes."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sureshot.errors import SureshotError
from sureshot.figures.style import (
    BODY,
    EDGE,
    PAPER,
    QUIET,
    RIGHT,
    RIGHT_MARK,
    SMALL,
    UNKNOWN_MARK,
    WRONG,
    WRONG_MARK,
    box,
    heading,
    sheet,
    styled,
    tint,
    write,
)
from sureshot.figures.tables import Guess, Mistakes, Sample
from sureshot.figures.words import percent, plural, shorten
from sureshot.recipe import Preprocessing
from sureshot.records import Index

Picture = NDArray[np.uint8] | None  # (h, w, 3); None where the file cannot be shown
LONGEST = 160  # pixels: sharp at the sizes drawn, some 6 kB as JPEG
SAMPLES = 60  # classes shown at most; assumed to be as many as a reader will look through
_ACROSS = 5


def pictures(index: Index, ids: Sequence[str], settings: Preprocessing) -> list[Picture]:
    """Small versions of images by id, in the order given; None for one that is not there now."""
    from sureshot.containers import indexed
    from sureshot.images import thumbnail

    rows = {name: row for row, name in enumerate(index.id)}
    found: list[Picture] = []
    for image in ids:
        try:
            data = indexed(index, rows[image], settings.max_megabytes)
            found.append(thumbnail(data, settings, LONGEST))
        except (SureshotError, OSError):  # the figure is drawn without it
            found.append(None)
    return found


@styled()
def plot_samples(table: Sequence[Sample], shown: Sequence[Picture]) -> Figure:
    """One image of each class, its name and its size in pixels below it."""
    wide, tall, side = 1.5, 1.92, 1.38
    across = min(_ACROSS, max(3, len(shown)))
    figure, axes = sheet(2 * EDGE + wide * across - 0.12, 0.68 + tall * -(-len(shown) // across))
    some = "" if len(shown) == len(table) else f"the first {len(shown)} of {len(table)} classes, "
    top = heading(axes, "One image of each class", f"{some}chosen by chance; size in pixels")
    for number, (sample, picture) in enumerate(zip(table, shown, strict=False)):
        x, y = EDGE + wide * (number % across), top + 0.1 + tall * (number // across)
        _photograph(axes, picture, x, y, side)
        write(axes, x, y + side + 0.17, shorten(sample.name, BODY, side))
        size = f"{sample.width} × {sample.height}" if sample.row is not None else "no image"
        write(axes, x, y + side + 0.34, size, SMALL, QUIET)
    return figure


@styled()
def plot_guesses(table: Sequence[Guess], shown: Sequence[Picture], split: str = "test") -> Figure:
    """Random images, three in a row, each with its three most probable classes as bars."""
    wide, tall, side = 2.75, 1.42, 1.18
    figure, axes = sheet(2 * EDGE + 3 * wide - 0.2, 0.6 + tall * -(-len(table) // 3))
    top = heading(axes, "What the model says", guesses_in_words(table, split))
    for number, (guess, picture) in enumerate(zip(table, shown, strict=True)):
        x, y = EDGE + wide * (number % 3), top + 0.1 + tall * (number // 3)
        _photograph(axes, picture, x, y, side)
        _answer(axes, guess, x + side + 0.12, y, wide - side - 0.32)
    return figure


def guesses_in_words(table: Sequence[Guess], split: str) -> str:
    """How many are shown, and how many of them are right."""
    known = [guess for guess in table if guess.right is not None]
    right = sum(guess.right is True for guess in known)
    return f"{plural(len(table), f'{split} image')} chosen by chance, {right} of {len(known)} right"


@styled()
def plot_mistakes(table: Mistakes, shown: Sequence[Picture], split: str = "test") -> Figure:
    """The mistakes that the model was surest of, with the probabilities that it gave."""
    wide, tall, side = 1.72, 2.14, 1.58
    figure, axes = sheet(2 * EDGE + 4 * wide - 0.14, 0.66 + tall * -(-len(shown) // 4))
    top = heading(axes, "The most confident mistakes", mistakes_in_words(table, split))
    for number, (guess, picture) in enumerate(zip(table.surest, shown, strict=True)):
        x, y = EDGE + wide * (number % 4), top + 0.1 + tall * (number // 4)
        _photograph(axes, picture, x, y, side)
        answer = shorten(f"{WRONG_MARK} {guess.names[0]}", BODY, side - 0.5, bold=True)
        write(axes, x, y + side + 0.17, answer, BODY, WRONG, weight="bold")
        chance = percent(guess.probabilities[0])
        write(axes, x + side, y + side + 0.17, chance, BODY, WRONG, ha="right")
        truth = shorten(f"true: {guess.true}", SMALL, side - 0.5)
        write(axes, x, y + side + 0.34, truth, SMALL, QUIET)
        write(axes, x + side, y + side + 0.34, percent(guess.of_true), SMALL, QUIET, ha="right")
    return figure


def mistakes_in_words(table: Mistakes, split: str) -> str:
    """How many there are, and which of them are shown."""
    of = plural(table.n, f"{split} image")
    if not table.wrong:
        return f"there is none among {of}"
    which = "" if table.wrong == len(table.surest) else f"the {len(table.surest)} surest of "
    return f"{which}{plural(table.wrong, 'mistake')} among {of}"


def marked(guess: Guess) -> tuple[str, str]:
    """The mark and the colour of right, wrong, or not known."""
    if guess.right is None:
        return UNKNOWN_MARK, QUIET
    return (RIGHT_MARK, RIGHT) if guess.right else (WRONG_MARK, WRONG)


def _answer(axes: Axes, guess: Guess, x: float, y: float, width: float) -> None:
    """The prediction with its mark, the true class, and three bars."""
    mark, colour = marked(guess)
    name = shorten(f"{mark} {guess.names[0]}", BODY, width, bold=True)
    write(axes, x, y + 0.12, name, BODY, colour, weight="bold")
    truth = f"true: {guess.true}" if guess.right is not None else "true class unknown"
    write(axes, x, y + 0.29, shorten(truth, SMALL, width), SMALL, QUIET)
    track, tall = width - 0.45, 0.22
    for number, (name, share) in enumerate(zip(guess.names, guess.probabilities, strict=True)):
        top = y + 0.42 + 0.27 * number
        shade = RIGHT if name == guess.true else colour if number == 0 else QUIET
        box(axes, x, top, track, tall, PAPER)
        box(axes, x, top, track * share, tall, tint(shade, 0.38))
        middle = top + tall / 2
        short = shorten(name, SMALL, track - 0.08)
        write(axes, x + 0.05, middle, short, SMALL, va="center_baseline")
        write(axes, x + width, middle, percent(share), SMALL, va="center_baseline", ha="right")


def _photograph(axes: Axes, picture: Picture, x: float, y: float, side: float) -> None:
    """A picture as large as fits into a square at (x, y), in its middle."""
    box(axes, x, y, side, side, PAPER)
    middle, centre = x + side / 2, y + side / 2
    if picture is None:
        write(axes, middle, centre, "cannot be\nshown", SMALL, QUIET, ha="center", va="center")
        return
    scale = side / max(picture.shape[:2]) / 2
    tall, wide = picture.shape[0] * scale, picture.shape[1] * scale
    place = (middle - wide, middle + wide, centre + tall, centre - tall)
    axes.imshow(picture, extent=place, aspect="auto", interpolation="none", zorder=2)
