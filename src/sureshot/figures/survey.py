"""What a folder of images holds, as plain numbers: computed once, drawn by page and notebook.

tally     one pass over all pixels
spreads   sizes, shapes, weights and brightness
columns   the data dictionary
mapping   the map of images that look alike

Shapes: `N` images, `k` classes shown, `S` the side of the prepared images, `C` channels.
"""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sureshot import seeds
from sureshot.figures.columns import Column, columns
from sureshot.figures.mapping import Map, map_images
from sureshot.figures.pictures import SAMPLES
from sureshot.figures.spreads import Spread, spreads
from sureshot.figures.tables import Counts
from sureshot.figures.tally import Tally, tally
from sureshot.progress import Progress
from sureshot.records import Index

PREPARED = 3  # images whose way through preprocessing is shown
_MANY, _FEW, _ALL = 12, 4, 240  # samples of a class at most and at least, and in all; assumed


@dataclass(frozen=True, eq=False)
class Several:
    """Some images of one class by chance, as they were prepared."""

    rows: Counts  # (n,) of the index
    pixels: NDArray[np.uint8]  # (n, S, S, C)


@dataclass(frozen=True, eq=False)
class Survey:
    """Plain numbers about the images of an index; `classes` are the first 60 of its classes."""

    seed: int
    shape: tuple[int, ...]  # (N, S, S, C)
    classes: tuple[str, ...]
    columns: list[Column]
    tally: Tally
    spreads: list[Spread]
    samples: list[Several]  # one a class
    prepared: Several  # up to three images of different classes
    map: Map
    seconds: float


def survey(index: Index, pixels: NDArray[np.uint8], seed: int, progress: Progress) -> Survey:
    """Go through prepared pixels, uint8 (N, S, S, C) with zeros where unreadable, once.

    The seed decides which images are shown; the same seed gives the same survey.
    """
    began = time.perf_counter()
    shown = min(len(index.classes), SAMPLES)
    told = tally(index, pixels, shown, progress)
    rows = [_drawn(index, k, seed) for k in range(shown)]
    return Survey(
        seed=seed,
        shape=pixels.shape,
        classes=index.classes[:shown],
        columns=columns(index, pixels.shape),
        tally=told,
        spreads=spreads(index, told.brightness, shown),
        samples=[_several(pixels, some) for some in rows],
        prepared=_several(pixels, _mixed(rows, seed)),
        map=map_images(index, pixels, seed, progress),
        seconds=time.perf_counter() - began,
    )


def _drawn(index: Index, label: int, seed: int) -> Counts:
    """Some readable images of a class by chance; of training, where it has any there."""
    rows = np.flatnonzero(index.readable & (index.label == label))
    train = rows[index.split[rows] == "train"]
    each = int(np.clip(_ALL // min(len(index.classes), SAMPLES), _FEW, _MANY))
    draw = seeds.generator("figures", seed, "several", index.classes[label])
    return draw.permutation(train if len(train) else rows)[:each]


def _mixed(rows: list[Counts], seed: int) -> Counts:
    """The first image of three classes by chance; more of one where there are fewer classes."""
    order = seeds.generator("figures", seed, "prepared").permutation(len(rows))
    longest = max((len(some) for some in rows), default=0)
    mixed = [rows[k][n] for n in range(longest) for k in order if n < len(rows[k])]
    return np.array(mixed[:PREPARED], np.int64)


def _several(pixels: NDArray[np.uint8], rows: Counts) -> Several:
    return Several(rows, np.asarray(pixels[rows]))
