"""Predictions of labelled images, and how fast they come."""

import statistics
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle import Bundle
from sureshot.device import processor, threads
from sureshot.progress import Progress
from sureshot.records import UNKNOWN, Index, Predictions, strings

CHUNK = 512  # images at once: enough to keep the runtime busy, few enough for any memory
SPEED_IMAGES = 256
REPEATS = 5


def predict_rows(
    bundle: Bundle,
    index: Index,
    pixels: NDArray[np.uint8],
    rows: NDArray[np.int64],
    progress: Progress,
) -> Predictions:
    """Predict some rows of an index from its pixels, (N, H, W, C) for the whole index."""
    parts = [np.zeros((0, len(bundle.classes)), np.float32)]
    with progress.track("predicting", len(rows)) as track:
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            parts.append(bundle.logits(pixels[chunk]))
            track.advance(len(chunk))
    return Predictions(
        index.classes,
        id=index.id[rows],
        label=index.label[rows],
        logits=np.concatenate(parts),
        problem=strings([""] * len(rows)),
    )


def predict_source(bundle: Bundle, index: Index, progress: Progress) -> Predictions:
    """Predict every image of an index made from new data, labels matched by class name.

    Images of classes that the bundle does not know get the label UNKNOWN.
    """
    paths = (index.path(row) for row in range(len(index)))
    parts = []
    with progress.track("predicting", len(index)) as track:
        for part in bundle.stream(paths):
            parts.append(part)
            track.advance(len(part))
    known = {name: number for number, name in enumerate(bundle.classes)}
    mapped = np.array([known.get(name, UNKNOWN) for name in index.classes], np.int64)
    found = Predictions.concatenate(parts)
    return Predictions(
        bundle.classes,
        id=index.id,
        label=mapped[index.label],
        logits=found.logits,
        problem=found.problem,
    )


def speed(bundle: Bundle, pixels: NDArray[np.uint8]) -> dict[str, Any]:
    """Images a second in batches, and milliseconds for one image alone; medians of five.

    The network's arithmetic only: decoding is not in it.
    """
    many, one = pixels[:SPEED_IMAGES], pixels[:1]
    bundle.logits(many)  # the first call allocates
    return {
        "images_per_second": round(len(many) / _seconds(bundle, many), 1),
        "milliseconds_per_image": round(1000 * _seconds(bundle, one), 3),
        "on": f"{processor()}, {threads()} threads",
    }


def _seconds(bundle: Bundle, pixels: NDArray[np.uint8]) -> float:
    taken = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        bundle.logits(pixels)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)
