"""One pass over all pixels: values by channel, brightness by image, mean and deviation by class.

Shapes: `N` images of `S` × `S` pixels and `C` channels, `P` parts (splits), `k` classes shown.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sureshot.figures.tables import Counts, Floats
from sureshot.progress import Progress
from sureshot.records import SPLITS, Index

# Images at once. Sums of so many squares of bytes stay below 2^24, so float32 holds them exactly,
# and one product of matrices adds up all classes.
_CHUNK = 256
_ASIDE = -1  # the part, or the class, of an image that is not counted


@dataclass(frozen=True, eq=False)
class Tally:
    """What one pass over the pixels of all readable images gives."""

    parts: tuple[str, ...]  # splits that hold images; ("images",) where nothing is split
    histogram: Counts  # (P, C, 256) how often each value occurs
    brightness: Floats  # (N,) the mean of an image's pixels, 0 to 1; NaN where unreadable
    averaged: Counts  # (k,) training images behind the next two; all images without a split
    mean: Floats  # (k, S, S, C) of 0 to 255; NaN where a class has no image
    deviation: Floats  # (k, S, S, C) the standard deviation of the same


@dataclass(frozen=True)
class ChannelNumbers:
    """One channel of one part in numbers; values are of 0 to 255."""

    part: str
    channel: str
    mean: float
    deviation: float
    least: int
    most: int
    black: float  # the share of the value 0
    white: float  # the share of the value 255


def tally(index: Index, pixels: NDArray[np.uint8], shown: int, progress: Progress) -> Tally:
    """Go through uint8 pixels (N, S, S, C) once; the first `shown` classes get their mean."""
    names, part = _parts(index)
    which = np.where(_averaged(index) & (index.label < shown), index.label, _ASIDE)
    shape = pixels.shape[1:]
    histogram = np.zeros((len(names), shape[2], 256), np.int64)
    brightness = np.full(len(index), np.nan)
    total, squares = np.zeros((2, shown, int(np.prod(shape))))
    with progress.track("looking at pixels", len(index)) as track:
        for start in range(0, len(index), _CHUNK):
            rows = slice(start, start + _CHUNK)
            block = np.asarray(pixels[rows])
            _count(histogram, block, part[rows])
            seen = block.reshape(len(block), -1)
            brightness[rows] = seen.sum(axis=1, dtype=np.uint64) / (255 * seen.shape[1])
            _add(total, squares, seen, which[rows])
            track.advance(len(block))
    brightness[~index.readable] = np.nan
    n = np.bincount(which[which != _ASIDE], minlength=shown)
    return Tally(names, histogram, brightness, n, *_moments(total, squares, n, shape))


def channel_numbers(told: Tally) -> list[ChannelNumbers]:
    """Mean, deviation and range of every channel of every part, from the histogram."""
    channels = ("grey",) if told.histogram.shape[1] == 1 else ("red", "green", "blue")
    return [
        _numbers(part, channel, told.histogram[p, c])
        for p, part in enumerate(told.parts)
        for c, channel in enumerate(channels)
        if told.histogram[p, c].any()
    ]


def _numbers(part: str, channel: str, counts: Counts) -> ChannelNumbers:
    values, n = np.arange(256), counts.sum()
    mean = float((counts * values).sum() / n)
    deviation = float(np.sqrt((counts * (values - mean) ** 2).sum() / n))
    held = np.flatnonzero(counts)
    ends = float(counts[0] / n), float(counts[255] / n)
    return ChannelNumbers(part, channel, mean, deviation, int(held[0]), int(held[-1]), *ends)


def _parts(index: Index) -> tuple[tuple[str, ...], Counts]:
    """The splits that hold readable images, and the part of each row, shape (N,)."""
    names: tuple[str, ...] = tuple(split for split in SPLITS if len(index.rows(split)))
    part = np.full(len(index), _ASIDE)
    if not names:
        part[index.readable] = 0
        return ("images",), part
    for number, split in enumerate(names):
        part[index.rows(split)] = number  # type: ignore[arg-type]
    return names, part


def _averaged(index: Index) -> NDArray[np.bool_]:
    """Which images the mean of a class is made of: training, where there is any, shape (N,)."""
    train = index.readable & (index.split == "train")
    return np.asarray(train if train.any() else index.readable)


def _count(histogram: Counts, block: NDArray[np.uint8], part: Counts) -> None:
    for number in np.unique(part[part != _ASIDE]):
        held = block[part == number]
        for channel in range(block.shape[3]):
            values = np.ascontiguousarray(held[..., channel]).ravel()
            histogram[number, channel] += np.bincount(values, minlength=256)


def _add(total: Floats, squares: Floats, seen: NDArray[np.uint8], which: Counts) -> None:
    """Add pixels (B, S·S·C) to the sums (k, S·S·C) of their classes."""
    present = np.unique(which[which != _ASIDE])
    if len(present):
        member = (which == present[:, None]).astype(np.float32)  # (present, B)
        values = seen.astype(np.float32)
        total[present] += member @ values
        squares[present] += member @ np.square(values, out=values)


def _moments(
    total: Floats, squares: Floats, n: Counts, shape: tuple[int, ...]
) -> tuple[Floats, Floats]:
    with np.errstate(invalid="ignore"):
        mean = total / n[:, None]
        spread = np.sqrt(np.maximum(squares / n[:, None] - mean**2, 0))
    return mean.reshape(-1, *shape), spread.reshape(-1, *shape)
