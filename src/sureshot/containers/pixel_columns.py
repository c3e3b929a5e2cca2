"""What each column of a table of pixels is, by its first line; `pixel_table` states the rules."""

import gzip
import math
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from sureshot.containers.bytewise import sentences
from sureshot.errors import DataError

_SIDE = 4  # pixels, the least; fewer numbers in a row are measurements, and no image. Assumed.
LINE = 4_000_000  # bytes of one line at most: a colour image of 512 × 512. Assumed.
LEVELS = frozenset(str(level) for level in range(256))
_CHANNELS = {"r": 0, "red": 0, "g": 1, "green": 1, "b": 2, "blue": 2}


@dataclass(frozen=True)
class Layout:
    """What each column is, by the first line."""

    path: Path
    delimiter: str
    header: bool
    names: tuple[str, ...]  # of all columns
    pixels: tuple[int, ...]  # numbers of the columns with pixels
    shape: tuple[int, ...]  # of one row of them: (H, W), (H, W, 3), or (3, H, W) in planes

    @property
    def others(self) -> tuple[int, ...]:
        """The numbers of the columns that are no pixels."""
        return tuple(sorted({*range(len(self.names))} - {*self.pixels}))


def layout_of(path: Path) -> Layout | None:
    """The columns of a table of pixels; None where a file is no such table."""
    line, row = _first_lines(path)
    counts = Counter(letter for letter in line if letter in ",;\t")
    if not counts:
        return None
    delimiter = counts.most_common(1)[0][0]
    cells = [cell.strip() for cell in line.replace('"', "").split(delimiter)]
    if len(cells) < _SIDE * _SIDE:
        return None
    if all(map(_is_number, cells)):
        header = cells in [list(map(str, range(first, first + len(cells)))) for first in (0, 1)]
        return _without_names(path, delimiter, header, len(cells))
    layout = _with_names(path, delimiter, cells)
    values = row.replace('"', "").split(delimiter)
    if layout is None or "pix" in layout.names[layout.pixels[0]].lower():
        return layout
    shown = (values[number].strip() for number in layout.pixels if number < len(values))
    return layout if row and LEVELS.issuperset(shown) else None  # or other measurements


def _first_lines(path: Path) -> tuple[str, str]:
    """The first two lines, "" where the first is not in UTF-8, or there is none."""
    with unpacked(path) as file:
        first, second = bytes(file.readline(LINE)), bytes(file.readline(LINE))
    try:
        return first.decode("utf-8-sig").rstrip("\r\n"), second.decode("latin-1").rstrip("\r\n")
    except UnicodeDecodeError:
        return "", ""


@contextmanager
def unpacked(path: Path) -> Iterator[Any]:
    """A file open for reading bytes, through gzip where its name says so."""
    packed = path.name.lower().endswith(".gz")
    with sentences(path), gzip.open(path) if packed else path.open("rb") as file:
        yield file


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[+-]?\d+(\.\d*)?(e[+-]?\d+)?", cell, re.IGNORECASE) is not None


def _without_names(path: Path, delimiter: str, header: bool, count: int) -> Layout:
    fits = [(shape, more) for more in (0, 1) if (shape := _square(count - more)) is not None]
    if len(fits) != 1 or (header and fits[0][1]):
        problems = ("is neither", "its first row only counts, so that any may hold the label")
        problem = [*problems, "could be images with or without a label"][len(fits)]
        raise DataError(
            f"a table of pixels without column names must have side² columns, or 3 · side² in "
            f"colour, and one more for a label; {path} has {count:,}, which {problem}; name the "
            "columns in the first row: label, pixel0, pixel1 …"
        )
    shape, more = fits[0]
    names = ["label"] * more + [f"{number + 1}" for number in range(more, count)]
    return Layout(path, delimiter, header, tuple(names), tuple(range(more, count)), shape)


def _with_names(path: Path, delimiter: str, names: list[str]) -> Layout | None:
    kinds = [re.sub(r"\d+", "#", name.lower()) if re.search(r"\d", name) else "" for name in names]
    frequent = {kind for kind, n in Counter(kinds).items() if kind and n >= _SIDE * _SIDE}
    channels = {kind: _CHANNELS.get(re.sub(r"[^a-z]", "", kind)) for kind in frequent}
    columns = tuple(number for number, kind in enumerate(kinds) if kind in frequent)
    if len(frequent) == 1:
        shape = _square(len(columns))
        groups = [columns]
    elif sorted(map(str, channels.values())) == ["0", "1", "2"]:
        order = [channels[kinds[number]] for number in columns]
        shape = _colour(order)
        groups = [tuple(c for c, o in zip(columns, order, strict=True) if o == k) for k in range(3)]
    else:
        return None
    if shape is None and not any("pix" in kind for kind in frequent):
        return None  # a table of other measurements
    if shape is None or not all(_rise([names[number] for number in group]) for group in groups):
        raise DataError(
            f"the columns of pixels in {path} must be side², or 3 · side² in colour, with rising "
            f"numbers in their names, got {len(columns):,} from {names[columns[0]]} to "
            f"{names[columns[-1]]}; write them in that order"
        )
    return Layout(path, delimiter, True, tuple(names), columns, shape)


def _square(count: int) -> tuple[int, ...] | None:
    """The shape of an image with so many values, (H, W) or (H, W, 3)."""
    for channels in (1, 3):
        side = math.isqrt(max(count, 0) // channels)
        if side >= _SIDE and side * side * channels == count:
            return (side, side) if channels == 1 else (side, side, 3)
    return None


def _colour(order: list[int | None]) -> tuple[int, ...] | None:
    """The shape of a colour image whose columns have these channels: by pixel, or in planes."""
    shape = _square(len(order))
    if shape is None or len(shape) != 3:
        return None
    if order == [0, 1, 2] * (len(order) // 3):
        return shape
    return (3, *shape[:2]) if order == sorted(map(int, map(str, order))) else None


def _rise(names: list[str]) -> bool:
    numbers = [[(len(d), d) for d in re.findall(r"0*(\d+)", name)] for name in names]
    return all(before < after for before, after in pairwise(numbers))
