"""Which images are duplicates of one another: the same picture, or nearly the same.

The same picture is the same decoded pixels, whatever the file: a PNG and a BMP of one drawing, or
one file stored twice. Equal prepared pixels are only a candidate, for preparing makes things alike;
where it resampled or took colours away, the images are decoded in full. What is nearly the same
picture is decided in `likeness`.

Shapes: `N` images, `S` pixels of a side, `C` channels.
"""

import hashlib
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot.data.families import Numbers
from sureshot.data.likeness import JUDGED, Photographs, alike
from sureshot.images import Content, decode
from sureshot.progress import Progress
from sureshot.recipe import Preprocessing
from sureshot.records import ALONE, UNKNOWN, Index, strings

SMALLEST = 64  # pixels of the shorter side; assumed: below, strokes and digits look all too alike
GREY = ("1", "L")  # Pillow's modes of which one channel says everything

Read = Callable[[int], Content]


def find_groups(
    index: Index,
    pixels: NDArray[np.uint8],
    read: Read,
    settings: Preprocessing,
    progress: Progress,
) -> Numbers:
    """A number shared by images that are duplicates of one another, shape (N,); ALONE elsewhere.

    `pixels` are those of the whole index, (N, S, S, C), and `read` gives the content of a row.
    Numbers count from 0 in the order of each group's first row. Unreadable rows are ALONE.
    """
    rows = np.flatnonzero(index.readable)
    picture = _same_pictures(index, rows, pixels, read, settings, progress)
    shown = rows[np.unique(picture, return_index=True)[1]]  # one row a picture, in order of content
    large = np.minimum(index.width[shown], index.height[shown]) >= SMALLEST
    large &= settings.size >= JUDGED
    photographs = Photographs(pixels, shown[large], _boxes(index, shown[large], settings))
    number = np.flatnonzero(large)
    similar = np.arange(len(shown))
    similar[number] = number[alike(photographs, progress)]
    return _numbered(len(index), rows, similar[picture])


def beside(*indexes: Index) -> Index:
    """Some indexes as one, row after row; its ids are whole paths, and it knows no classes."""
    columns: dict[str, Any] = {
        field.name: np.concatenate([getattr(one, field.name) for one in indexes])
        for field in fields(Index)
        if isinstance(getattr(indexes[0], field.name), np.ndarray)
    }
    places = strings([str(one.path(row).absolute()) for one in indexes for row in range(len(one))])
    columns |= {"id": places, "label": np.full(len(places), UNKNOWN)}
    root = Path(indexes[0].root.absolute().anchor)
    return Index(root=root, classes=(), contained=indexes[0].contained, **columns)


def _same_pictures(
    index: Index,
    rows: Numbers,
    pixels: NDArray[np.uint8],
    read: Read,
    settings: Preprocessing,
    progress: Progress,
) -> Numbers:
    """One number for all of `rows` that have the same decoded pixels, shape (rows,)."""
    digests = np.zeros(len(rows), "S16")
    with progress.track("looking for the same picture", len(rows)) as track:
        for place, row in enumerate(rows):
            size = f"{index.width[row]}×{index.height[row]}".encode()
            digests[place] = _hash(size + pixels[row].tobytes())
            track.advance()
    for places in _shared(digests):
        files = {index.sha256[rows[place]]: rows[place] for place in places}
        if len(files) > 1 and not all(_verbatim(index, row, settings) for row in files.values()):
            decoded = {file: _decoded(read(int(row)), settings) for file, row in files.items()}
            digests[places] = [decoded[index.sha256[row]] for row in rows[places]]
    return np.unique(digests, return_inverse=True)[1]


def _shared(digests: NDArray[np.bytes_]) -> list[Numbers]:
    """The places of each digest that stands more than once."""
    order = np.argsort(digests, kind="stable")
    _, start = np.unique(digests[order], return_index=True)
    return [places for places in np.split(order, start[1:]) if len(places) > 1]


def _boxes(index: Index, rows: Numbers, settings: Preprocessing) -> Numbers:
    """What part of the prepared pixels is picture, (rows, 4): all of it, unless it was padded."""
    sides = np.stack([index.width[rows], index.height[rows]], axis=1)
    shown = np.full_like(sides, settings.size)
    if settings.fit == "pad":
        scale = settings.size / sides.max(axis=1, keepdims=True, initial=1)
        shown = np.maximum(np.rint(sides * scale).astype(np.int64), 1)
    start = (settings.size - shown) // 2
    return np.stack([start, start + shown], axis=2).reshape(-1, 4)


def _decoded(content: Content, settings: Preprocessing) -> bytes:
    """A hash of all pixels of an image, in colour."""
    image = decode(content, settings).convert("RGB")
    return _hash(f"decoded {image.size}".encode() + image.tobytes())


def _verbatim(index: Index, row: int, settings: Preprocessing) -> bool:
    """Whether the prepared pixels of a row are its decoded ones: not resampled, no colours lost."""
    kept = settings.channels == 3 or index.mode[row] in GREY
    return bool(kept and index.width[row] == index.height[row] == settings.size)


def _hash(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=16).digest()


def _numbered(n: int, rows: Numbers, family: Numbers) -> Numbers:
    """Groups of two or more, numbered from 0 by their first row, shape (n,); ALONE elsewhere."""
    _, first, number, count = np.unique(
        family, return_index=True, return_inverse=True, return_counts=True
    )
    several = np.flatnonzero(count > 1)
    order = np.full(len(first), ALONE)
    order[several[np.argsort(first[several])]] = np.arange(len(several))
    group = np.full(n, ALONE)
    group[rows] = order[number]
    return group
