"""Where on an image a network found what speaks for its answer, and what it has seen like it.

Shapes: `S` the side of what the network sees in pixels, `C` channels, `h`, `w` places of a map,
`T` the side of an overlay in pixels.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from sureshot import files
from sureshot.errors import RunError
from sureshot.figures.pictures import Picture
from sureshot.figures.style import (
    BODY,
    EDGE,
    PAPER,
    QUIET,
    RIGHT_MARK,
    SMALL,
    WRONG_MARK,
    box,
    heading,
    sheet,
    styled,
    write,
)
from sureshot.figures.tables import Floats
from sureshot.figures.words import percent, plural, shorten

KEPT = "attention.npz"  # the name in a run folder
FOR, AGAINST = "#d55e00", "#0072b2"  # Okabe and Ito's vermilion and blue: apart for everybody
_PALE = 0.75  # how much of the grey picture's contrast stays below the heat; assumed
_STRONGEST = 0.85  # of the colour, where the heat is largest: the picture shines through; assumed
_OVERLAY = 224  # pixels; 7 × 32 and 8 × 28, so that small pictures keep square pixels
_COARSE = 64  # pixels; smaller pictures are shown with their pixels as squares
_SIDE, _GAP = 1.7, 0.14  # inches: a picture, between two
_COLUMNS = 4  # pictures side by side, about the width of a page


@dataclass(frozen=True, eq=False)
class Attention:
    """One image, the class that it was taken for, and maps of what spoke for that class."""

    id: str
    name: str  # the class that the maps are about
    probability: float
    true: str  # "" where nobody has said
    seen: NDArray[np.uint8]  # (S, S, C) what the network saw
    aspect: float  # width : height at which that looks like the image again
    maps: Mapping[str, Floats]  # by method, each (h, w); above 0 speaks for the class


@dataclass(frozen=True)
class Neighbour:
    """A training image that is like another to the network."""

    id: str
    name: str  # its class
    likeness: float  # cosine of the angle between their features, at most 1


@styled()
def plot_heat(table: Sequence[Attention], shown: Sequence[Picture]) -> Figure:
    """The picture untouched, then each map over a grey version of it; two images a row if they fit.

    A method that could not explain one of the images is left out.
    """
    methods = [name for name in table[0].maps if all(name in one.maps for one in table)]
    step, tall, columns = _SIDE + _GAP, _SIDE + 0.62, 1 + len(methods)
    across = min(max(_COLUMNS // columns, 1), len(table))
    lefts = [EDGE + number * (columns * step + _GAP) for number in range(across)]
    rows = -(-len(table) // across)
    figure, axes = sheet(max(lefts[-1] + columns * step - _GAP + EDGE, 4.2), 1.1 + rows * tall)
    top = heading(axes, "Where it looked", heat_in_words(table)) + 0.16
    for left in lefts:
        for column, words in enumerate(["as it is", *methods]):
            write(axes, left + column * step, top, words, colour=QUIET)
    top += 0.1
    for number, (one, picture) in enumerate(zip(table, shown, strict=True)):
        x, y = lefts[number % across], top + number // across * tall
        _placed(axes, picture, x, y)
        for column, method in enumerate(methods, 1):
            _placed(axes, overlaid(one.seen, one.maps[method]), x + column * step, y, one.aspect)
        _answer(axes, one, x, y + _SIDE)
    _legend(axes, top + rows * tall)
    return figure


@styled()
def plot_nearest(
    one: Attention, picture: Picture, near: Sequence[Neighbour], shown: Sequence[Picture]
) -> Figure:
    """An image, and beside it the training images that are most like it to the network."""
    step = _SIDE + _GAP
    figure, axes = sheet(2 * EDGE + (1 + len(near)) * step - _GAP, 1.3 + _SIDE)
    told = f"{plural(len(near), 'training image')} nearest by the features of the last layer"
    top = heading(axes, "What it has seen like it", told) + 0.1
    _placed(axes, picture, EDGE, top)
    _answer(axes, one, EDGE, top + _SIDE)
    for column, (neighbour, found) in enumerate(zip(near, shown, strict=True), 1):
        x = EDGE + column * step
        _placed(axes, found, x, top)
        write(axes, x, top + _SIDE + 0.17, shorten(neighbour.name, BODY, _SIDE))
        likeness = f"likeness {neighbour.likeness:.2f}"
        write(axes, x, top + _SIDE + 0.34, likeness, SMALL, QUIET)
    return figure


def heat_in_words(table: Sequence[Attention]) -> str:
    """What is shown, and at which scale."""
    return f"{plural(len(table), 'image')}; each map has a scale of its own"


def overlaid(seen: NDArray[np.uint8], heat: Floats) -> NDArray[np.uint8]:
    """A map (h, w) over a pale grey version of pixels (S, S, C), as uint8 (T, T, 3).

    Places stay squares, so that a coarse map looks as coarse as it is.
    """
    grey = Image.fromarray(seen.mean(axis=2).round().astype(np.uint8))
    smooth = Image.Resampling.BILINEAR if seen.shape[0] > _COARSE else Image.Resampling.NEAREST
    light = np.asarray(grey.resize((_OVERLAY, _OVERLAY), smooth), np.float64) / 255
    pale = 1 - _PALE * (1 - light)[:, :, None]
    large = Image.fromarray(heat.astype(np.float32))
    strength = np.asarray(large.resize((_OVERLAY, _OVERLAY), Image.Resampling.NEAREST))[:, :, None]
    strength = strength / max(float(np.abs(heat).max()), np.finfo(np.float32).tiny)
    colour = np.where(strength > 0, to_rgb(FOR), to_rgb(AGAINST))
    alpha = _STRONGEST * np.abs(strength)
    mixed = pale * (1 - alpha) + colour * alpha
    return np.asarray((255 * mixed).round(), np.uint8)


def write_attention(path: Path, table: Sequence[Attention]) -> None:
    """Keep a table of maps as one .npz, whole or not at all."""
    told = [
        {"id": one.id, "name": one.name, "probability": one.probability, "true": one.true}
        | {"aspect": one.aspect, "methods": list(one.maps)}
        for one in table
    ]
    arrays: dict[str, Any] = {"about": np.array(json.dumps(told))}
    for number, one in enumerate(table):
        arrays[f"{number}.seen"] = one.seen
        for method, heat in one.maps.items():
            arrays[f"{number}.{method}"] = heat.astype(np.float32)
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)
    files.write_bytes(path, content.getvalue())


def read_attention(path: Path) -> list[Attention]:
    """What `write_attention` kept; none where there is no file, RunError where it is damaged."""
    if not path.exists():
        return []
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as kept:
            return [
                Attention(
                    maps={m: kept[f"{number}.{m}"].astype(np.float64) for m in one.pop("methods")},
                    seen=kept[f"{number}.seen"],
                    **one,
                )
                for number, one in enumerate(json.loads(str(kept["about"])))
            ]
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
        raise RunError(f"{path} is damaged: {error}") from None


def _answer(axes: Axes, one: Attention, x: float, y: float) -> None:
    """The class that the maps are about, and the true one, below the picture."""
    mark = {"": "", one.name: f"{RIGHT_MARK} "}.get(one.true, f"{WRONG_MARK} ")
    said = shorten(f"{mark}{one.name}", BODY, _SIDE - 0.45, bold=True)
    write(axes, x, y + 0.17, said, weight="bold")
    write(axes, x + _SIDE, y + 0.17, percent(one.probability), ha="right")
    if one.true:
        write(axes, x, y + 0.34, shorten(f"true: {one.true}", SMALL, _SIDE), SMALL, QUIET)


def _placed(axes: Axes, picture: Picture, x: float, y: float, aspect: float | None = None) -> None:
    """A picture as large as fits into a square at (x, y), in its middle."""
    box(axes, x, y, _SIDE, _SIDE, PAPER)
    middle, centre = x + _SIDE / 2, y + _SIDE / 2
    if picture is None:
        words = "cannot be\nshown"
        write(axes, middle, centre, words, SMALL, QUIET, ha="center", va="center")
        return
    ratio = aspect or picture.shape[1] / picture.shape[0]
    wide, tall = _SIDE / 2 * min(ratio, 1), _SIDE / 2 / max(ratio, 1)
    place = (middle - wide, middle + wide, centre + tall, centre - tall)
    axes.imshow(picture, extent=place, aspect="auto", interpolation="none", zorder=2)


def _legend(axes: Axes, y: float) -> None:
    x = EDGE
    for colour, words in ((FOR, "speaks for this class"), (AGAINST, "speaks against it")):
        box(axes, x, y, 0.12, 0.12, colour)
        write(axes, x + 0.18, y + 0.06, words, SMALL, QUIET, va="center_baseline")
        x += 1.6
