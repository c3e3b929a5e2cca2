"""Shortcut alarm: does something that is no part of the thing shown already tell its class?

Shapes: `N` images of the index, `M` of the sample, `K` classes, `S` side, `C` channels.

Four groups of cues are tried, each alone, with a small forest of trees, out of fold:

file     bytes for each pixel, format, mode, JPEG quality (the mean of its quantisation tables)
size     width, height, aspect
border   mean and spread of the colours along the four edges
colour   mean and spread of the colours of the whole picture

File and size belong to how an image was collected, so any half of what the quick pixel model can
tell is alarming. Border and colour are part of the picture and tell something honestly (aeroplanes
stand before blue), so they are only said where they tell nearly all that the pixels do. Apart from
that, each of the first three may give one class away. A mere colour may not: a 1 has little ink.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot import seeds
from sureshot.audit.quick import (
    SIDE,
    Floats,
    Rows,
    Sample,
    out_of_fold,
    pooled,
    quick_probabilities,
)
from sureshot.audit.words import listed
from sureshot.errors import MissingExtra
from sureshot.images.reading import first_bytes
from sureshot.measure import wilson
from sureshot.measure.intervals import combined
from sureshot.records import Finding, Index, Score

# The share of the quick pixel model's balanced accuracy that a cue may not reach. Measured on
# honest data (clothing, CIFAR-10, MNIST), at most: file 0.28, size 0.25, colour 0.51, border 0.61.
SHARE = {"file": 0.5, "size": 0.5, "border": 0.9, "colour": 0.9}
ABOVE_CHANCE = 0.25  # assumed: less than 25 points are no alarm; measured at most 22 (border)
# One class against the rest. Measured on honest data, at most: area 0.95 (the 1s of MNIST by file,
# as they compress well) with 0.29 picked out; border 0.86 with 0.42 (hats), and 0.95 with 0.59 (the
# 7s of 8 × 8 digits that touch the edge). Planted into clothing, nine times: 1.00 and 1.00.
AREA = 0.95  # under the curve of true against false alarms
PICKED = 0.7  # of the class at FALSE_ALARMS, by the lower end of its interval
FALSE_ALARMS = 0.01
SPLIT_OFF = 64  # a border strip is one pixel for each 64 of the side, at least one
HEAD = 1 << 17  # bytes in which JPEG tables are looked for; EXIF before them has at most 64 KB
TREES, LEAF = 50, 3  # measured: 60 trees against one tree find 0.86 in place of 0.74 (hats, border)

_WORDS = {
    "file": "the file alone (bytes for each pixel, format, mode, JPEG quality)",
    "size": "the size of the image alone (width, height, aspect)",
    "border": "the border alone (the colours along the four edges)",
    "colour": "the mean colour alone",
}
_ADVICE = (
    "a network may learn that in place of the thing shown; see whether they come from another "
    "source, and bring all classes into one form"
)


@dataclass(frozen=True)
class GivenAway:
    """One class that a cue tells from all others."""

    name: str
    area: float  # under the curve of true against false alarms
    picked: float  # share of its images found at FALSE_ALARMS
    n: int
    rows: tuple[int, ...]  # of the index, the most telling first


@dataclass(frozen=True)
class Cue:
    """What one group of cues tells of the classes."""

    kind: str
    score: Score  # balanced accuracy, out of fold
    pixels: float  # the balanced accuracy of the quick pixel model on the same images
    chance: float
    given_away: tuple[GivenAway, ...]  # the worst first

    @property
    def tells(self) -> bool:
        """Whether it tells more of all classes together than it honestly should."""
        least = max(self.chance + ABOVE_CHANCE, SHARE[self.kind] * self.pixels)
        return self.score.low >= least


def shortcut_findings(index: Index, pixels: NDArray[np.uint8], sample: Sample) -> Iterator[Finding]:
    """One finding for each group of cues that tells too much; MissingExtra without scikit-learn."""
    for cue in judged(index, pixels, sample):
        rows = [row for given in cue.given_away for row in given.rows]
        if rows or cue.tells:
            severity = "note" if cue.kind == "colour" else "warning"
            sentence = _given_away(cue) if rows else _told(cue)
            yield Finding("shortcut", severity, sentence, tuple(index.id[rows]))  # type: ignore[arg-type]


def judged(index: Index, pixels: NDArray[np.uint8], sample: Sample) -> list[Cue]:
    """What each group of cues tells, each judged alone."""
    honest = _balanced(sample.label, quick_probabilities(sample, sample.label)).value
    return [
        _judged(kind, values, index, sample, honest)
        for kind, values in cues(index, pixels, sample.rows).items()
    ]


def cues(index: Index, pixels: NDArray[np.uint8], rows: Rows) -> Mapping[str, Floats]:
    """The numbers of each group for the rows, each of shape (M, any)."""
    width, height = index.width[rows], index.height[rows]
    kinds = [
        np.unique(column[rows].astype(str), return_inverse=True)[1]
        for column in (index.format, index.mode)
    ]
    quality = [0.0 if index.contained else quantisation(index, int(row)) for row in rows]
    looks = [
        _border_and_colour(pixels[part]) for part in np.array_split(rows, len(rows) // 256 + 1)
    ]
    border, colour = (np.concatenate(column) for column in zip(*looks, strict=True))
    return {
        "file": np.column_stack(
            [np.log(np.maximum(index.bytes[rows], 1) / (width * height)), *kinds, quality]
        ),
        "size": np.column_stack([width, height, width / height]).astype(np.float64),
        "border": border,
        "colour": colour,
    }


def quantisation(index: Index, row: int) -> float:
    """The mean of a JPEG's quantisation tables, 1 (best) to 255; 0 for what has none.

    Source: ITU-T T.81, B.2.4.1.
    """
    if index.format[row] != "JPEG":
        return 0.0
    data, at = first_bytes(index.path(row), HEAD), 2
    while data[at : at + 1] == b"\xff" and data[at + 1 : at + 2] != b"\xda":  # until a scan
        length, table = int.from_bytes(data[at + 2 : at + 4], "big"), data[at + 5 : at + 69]
        if data[at + 1 : at + 2] == b"\xdb" and length >= 67 and len(table) == 64:
            return float(np.frombuffer(table, np.uint8).mean())
        at += 2 + max(length, 2)
    return 0.0


def _border_and_colour(chunk: NDArray[np.uint8]) -> tuple[Floats, Floats]:
    """`chunk` is (B, S, S, C)."""
    w = max(1, chunk.shape[1] // SPLIT_OFF)
    strips = (chunk[:, :w], chunk[:, -w:], chunk[:, :, :w], chunk[:, :, -w:])
    whole = pooled(chunk.astype(np.float32), SIDE)
    return np.hstack([_colours(strip) for strip in strips]), _colours(whole)


def _colours(part: NDArray[Any]) -> Floats:
    """Mean and standard deviation of each channel, (B, h, w, C) → (B, 2 C)."""
    return np.hstack([part.mean(axis=(1, 2)), part.std(axis=(1, 2))])


def _judged(kind: str, values: Floats, index: Index, sample: Sample, honest: float) -> Cue:
    told = out_of_fold(values, sample.label, sample, _forest(sample.seed))
    given = (
        []
        if kind == "colour"
        else [
            found
            for k in range(len(sample.classes))
            if (found := _class_given_away(k, told[:, k], sample)) is not None
        ]
    )
    return Cue(
        kind=kind,
        score=_balanced(sample.label, told),
        pixels=honest,
        chance=1 / len(sample.classes),
        given_away=tuple(sorted(given, key=lambda found: -found.area)),
    )


def _class_given_away(k: int, told: Floats, sample: Sample) -> GivenAway | None:
    """What gives class k away, by its probability (M,); None where it is not."""
    its = sample.label == k
    limit = np.quantile(told[~its], 1 - FALSE_ALARMS, method="higher")
    picked, n = int((told[its] > limit).sum()), int(its.sum())
    area = _area(told[its], told[~its])
    if area < AREA or wilson(picked, n)[0] < PICKED:
        return None
    ranked = sample.rows[its][np.argsort(-told[its], kind="stable")]
    return GivenAway(sample.classes[k], area, picked / n, n, tuple(ranked.tolist()))


def _area(its: Floats, others: Floats) -> float:
    """How often one of `its` is above one of `others`, ties for a half."""
    ordered = np.sort(others)
    below, not_above = (np.searchsorted(ordered, its, side) for side in ("left", "right"))
    return float((below + not_above).mean() / (2 * len(others)))


def _balanced(label: Rows, told: Floats) -> Score:
    """The mean over classes of the share answered rightly."""
    n = np.bincount(label)
    right = np.bincount(label[told.argmax(axis=1) == label], minlength=len(n))
    low, high = combined(np.full(len(n), 1 / len(n)), right / n, *wilson(right, n))
    return Score(float((right / n).mean()), low, high, len(label), "Wilson")


def _forest(seed: int) -> Any:
    try:
        from sklearn.ensemble import ExtraTreesClassifier
    except ImportError:
        raise MissingExtra("audit", "looking for shortcuts") from None
    return ExtraTreesClassifier(
        TREES,
        min_samples_leaf=LEAF,
        class_weight="balanced",
        random_state=seeds.derive("audit forest", seed) % 2**32,
    )


def _given_away(cue: Cue) -> str:
    names = [
        f"{given.name} ({given.picked:.0%} of its {given.n:,} images)" for given in cue.given_away
    ]
    sentence = (
        f"{_WORDS[cue.kind]} tells {listed(names)} from all other classes, with "
        f"{FALSE_ALARMS:.0%} false alarms; {_ADVICE}"
    )
    return sentence.replace("%", " %")


def _told(cue: Cue) -> str:
    sentence = (
        f"{_WORDS[cue.kind]} tells the classes with a balanced accuracy of "
        f"{cue.score.value:.0%} ({100 * cue.score.low:.0f} to {cue.score.high:.0%}, "
        f"n = {cue.score.n:,}), where chance has {cue.chance:.0%} and a quick model of the "
        f"pixels {cue.pixels:.0%}; {_ADVICE}"
    )
    return sentence.replace("%", " %")
