"""Predictions of labelled images, and how fast they come."""

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle import Bundle
from sureshot.containers import Item
from sureshot.data import prepare_pixels
from sureshot.device import processor, threads
from sureshot.progress import Progress
from sureshot.records import UNKNOWN, Index, Predictions, Split

CHUNK = 512  # images at once: enough to keep the runtime busy, few enough for any memory
SPEED_IMAGES = (64, 256)  # at least, at most; assumed
SPEED_SECONDS = 0.3  # that one pass over them shall take; assumed
REPEATS = 5


def predict_split(
    bundle: Bundle,
    index: Index,
    pixels: NDArray[np.uint8],
    split: Split,
    progress: Progress,
) -> Predictions:
    """Predict one split of an index from its pixels, (N, H, W, C) for the whole index.

    Unreadable images of the split are rows too, with their problem.
    """
    rows = np.flatnonzero(index.split == split)
    logits = np.full((len(rows), len(bundle.classes)), np.nan, np.float32)
    unlike = None if bundle.about.unlike is None else np.zeros(len(rows), bool)
    readable = np.flatnonzero(index.readable[rows])
    for some, judged in _judged(bundle, pixels, rows[readable], progress):
        logits[readable[some]], far = judged
        if unlike is not None:
            unlike[readable[some]] = far
    return Predictions(
        index.classes,
        id=index.id[rows],
        label=index.label[rows],
        logits=logits,
        problem=index.problem[rows],
        temperature=bundle.about.temperature,
        unlike=unlike,
    )


def answers_of(
    bundle: Bundle, index: Index, progress: Progress
) -> Callable[[NDArray[np.int64]], NDArray[np.float32]]:
    """What a bundle answers for rows of an index: their numbers (M,) → their logits (M, K)."""
    pixels = prepare_pixels(index, bundle.preprocessing, progress).array

    def answers(rows: NDArray[np.int64]) -> NDArray[np.float32]:
        logits = np.empty((len(rows), len(bundle.classes)), np.float32)
        for some, (found, _) in _judged(bundle, pixels, rows, progress):
            logits[some] = found
        return logits

    return answers


def _judged(
    bundle: Bundle, pixels: NDArray[np.uint8], rows: NDArray[np.int64], progress: Progress
) -> Iterator[tuple[slice, tuple[NDArray[np.float32], NDArray[np.bool_] | None]]]:
    """Chunk by chunk which of some rows, and what the bundle judges of them."""
    with progress.track("predicting", len(rows)) as track:
        for some, chunk in chunks(pixels, rows):
            yield some, bundle.judge(chunk)
            track.advance(len(chunk))


def chunks(
    pixels: NDArray[np.uint8], rows: NDArray[np.int64]
) -> Iterator[tuple[slice, NDArray[np.uint8]]]:
    """Some rows of pixels (N, H, W, C), few at a time: which of the rows, and their pixels."""
    for start in range(0, len(rows), CHUNK):
        some = slice(start, start + CHUNK)
        yield some, pixels[rows[some]]


def predict_source(bundle: Bundle, index: Index, progress: Progress) -> Predictions:
    """Predict every image of an index made from new data, labels matched by class name.

    Images of classes that the bundle does not know get the label UNKNOWN.
    """
    readable = np.flatnonzero(index.readable)
    logits = np.full((len(index), len(bundle.classes)), np.nan, np.float32)
    unlike = None if bundle.about.unlike is None else np.zeros(len(index), bool)
    problem, done = index.problem.copy(), 0
    with progress.track("predicting", len(readable)) as track:
        for part in bundle.stream(_item(index, int(row)) for row in readable):
            rows = readable[done : done + len(part)]
            logits[rows], problem[rows] = part.logits, part.problem
            if unlike is not None:
                unlike[rows] = part.unlike
            done += len(part)
            track.advance(len(part))
    known = {name: number for number, name in enumerate(bundle.classes)}
    mapped = np.array([known.get(name, UNKNOWN) for name in index.classes], np.int64)
    return Predictions(
        bundle.classes,
        id=index.id,
        label=mapped[index.label],
        logits=logits,
        problem=problem,
        temperature=bundle.about.temperature,
        unlike=unlike,
    )


def _item(index: Index, row: int) -> Item:
    name = str(index.id[row])
    return Item(name, index.root, name, index.contained)


def speed(bundle: Bundle, index: Index, pixels: NDArray[np.uint8]) -> dict[str, Any]:
    """Images a second in batches, and milliseconds for one image alone; medians of REPEATS.

    The network's arithmetic on validation images only, or on test images where there are none:
    decoding is not in it.
    """
    rows = index.rows("validation")
    rows = rows if len(rows) else index.rows("test")
    fewest, most = SPEED_IMAGES
    some = pixels[rows[:fewest]]
    bundle.logits(some)  # the first call allocates
    enough = int(SPEED_SECONDS * len(some) / _seconds(bundle, some, repeats=1))
    many = pixels[rows[: min(max(enough, fewest), most)]]
    return {
        "images_per_second": round(len(many) / _seconds(bundle, many), 1),
        "milliseconds_per_image": round(1000 * _seconds(bundle, many[:1]), 3),
        "images": len(many),
        "repeats": REPEATS,
        "on": f"{processor()}, {threads()} threads",
    }


def _seconds(bundle: Bundle, pixels: NDArray[np.uint8], repeats: int = REPEATS) -> float:
    """The median time of a pass."""
    taken = []
    for _ in range(repeats):
        started = time.perf_counter()
        bundle.logits(pixels)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)
