"""Accuracy by what can be measured of an image: is it worse on dark, blurred or small ones?

Shapes: `N` images that were scored, `S` their side as prepared, `C` channels, `B` of them in a
chunk, `K` classes.

Each trait parts the images into a few slices of about equal size. A slice is notable where its
accuracy is below that of all other images by more than chance, by Fisher's exact test, corrected
for all slices of all traits together (Holm).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot import seeds
from sureshot.figures.failures import Rate, rate
from sureshot.figures.tables import Counts, Floats
from sureshot.measure.intervals import LEVEL
from sureshot.measure.several import holm
from sureshot.progress import Progress
from sureshot.records import Index

LEAST = 30  # images of a slice; assumed: with 30, a share is known to about ±17 points
PARTS = 5  # slices of a trait at most; assumed: few enough to keep their intervals narrow
MOST = 10_000  # images looked at; each slice then has 2,000, and a share is known to ±2 points
GREY = np.array([0.299, 0.587, 0.114], np.float32)  # cited: ITU-R BT.601, as Pillow's "L"
_CHUNK = 256  # images at a time; 128 × 128 × 3 of them are 50 MB as float32


@dataclass(frozen=True)
class Trait:
    """Something measured of each image, and what people call little and much of it."""

    name: str
    little: str
    much: str
    unit: str
    digits: int  # behind the point


TRAITS = (
    Trait("brightness", "dark", "bright", " %", 0),
    Trait("contrast", "flat", "contrasty", " %", 0),
    Trait("sharpness", "blurred", "sharp", "", 0),
    Trait("longer side", "small", "large", " pixels", 0),
    Trait("width : height", "tall", "wide", "", 2),
)
OF_PIXELS = ("brightness", "contrast", "sharpness")  # the others stand in the index


@dataclass(frozen=True, eq=False)
class Slice:
    """The images that lie between two values of a trait."""

    trait: Trait
    name: str  # "dark", "rather dark", "medium" …: beside the other images of the same data
    least: float
    most: float
    places: Counts  # (n,) among the N
    rate: Rate
    others: float  # the accuracy of all images outside the slice
    expected: float  # the accuracy that its classes alone would give: the mean of their recalls
    p: float  # two-sided, corrected for all slices (Holm)

    @property
    def notable(self) -> bool:
        """Whether it is worse than the others by more than chance."""
        return self.p < 1 - LEVEL


@dataclass(frozen=True, eq=False)
class Slices:
    """All slices of each trait on which images differ, and the traits on which they do not."""

    of: dict[Trait, list[Slice]]
    alike: tuple[Trait, ...]

    @property
    def every(self) -> list[Slice]:
        """The slices of all traits."""
        return [one for parts in self.of.values() for one in parts]

    @property
    def notable(self) -> list[Slice]:
        """Those that are worse by more than chance, the worst first."""
        return sorted((one for one in self.every if one.notable), key=lambda one: one.rate.share)


def looked_at(n: int, seed: int) -> Counts:
    """Which of n images are looked at: all, or MOST of them by chance, in order."""
    if n <= MOST:
        return np.arange(n)
    return np.sort(seeds.generator("figures", seed, "slices").permutation(n)[:MOST])


def measured(
    index: Index, rows: Counts, pixels: NDArray[np.uint8] | None, progress: Progress
) -> dict[str, Floats]:
    """Every trait of some rows of an index, each of shape (N,); no light without `pixels`.

    `pixels` are prepared ones, one an index row. All three are of the grey picture:
    brightness   its mean, in % of white
    contrast     its standard deviation, in % of white (RMS contrast: Peli 1990, J. Opt. Soc.
                 Am. A 7 (10))
    sharpness    the variance of its Laplacian, in grey levels squared (Pech-Pacheco et al. 2000,
                 ICPR 15); it grows with contrast and detail, and falls with blur
    """
    width, height = (
        np.maximum(side[rows], 1).astype(float) for side in (index.width, index.height)
    )
    shape = np.round(width / height, 2)  # 399 × 533 pixels are none other than 400 × 533
    found = {"longer side": np.maximum(width, height), "width : height": shape}
    if pixels is None:
        return found
    light = np.empty((len(OF_PIXELS), len(rows)))
    with progress.track("measuring light and sharpness", len(rows)) as track:
        for start in range(0, len(rows), _CHUNK):
            chunk = np.asarray(pixels[rows[start : start + _CHUNK]])
            light[:, start : start + _CHUNK] = _light(chunk)
            track.advance(len(chunk))
    return dict(zip(OF_PIXELS, light, strict=True)) | found


def slices(
    known: Mapping[str, Floats],
    label: Counts,
    right: NDArray[np.bool_],
    everyone: Floats | None = None,
) -> Slices:
    """Part the images by each trait that is known; `label`, `right` and `everyone` are (N,)."""
    parts = {trait: _parted(known[trait.name]) for trait in TRAITS if trait.name in known}
    held = {trait: found for trait, found in parts.items() if len(found) > 1}
    flat = [(trait, k, places) for trait, found in held.items() for k, places in enumerate(found)]
    corrected = holm([_chance(right, places) for _, _, places in flat])
    recall = _recall(label, right)
    of: dict[Trait, list[Slice]] = {trait: [] for trait in held}
    for (trait, k, places), found in zip(flat, corrected, strict=True):
        values = known[trait.name][places]
        outside = np.delete(right, places)
        of[trait].append(
            Slice(
                trait=trait,
                name=_named(trait, k, len(held[trait])),
                least=float(values.min()),
                most=float(values.max()),
                places=places,
                rate=rate(right, places, everyone),
                others=float(outside.mean()),
                expected=float(recall[label[places]].mean()),
                p=found.p,
            )
        )
    return Slices(of, tuple(trait for trait in parts if trait not in held))


def _light(chunk: NDArray[np.uint8]) -> Floats:
    """Brightness, contrast and sharpness of (B, S, S, C), shape (3, B)."""
    values = chunk.astype(np.float32)
    grey = values @ GREY if chunk.shape[-1] == 3 else values[..., 0]  # (B, S, S)
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    laplacian = 4 * grey[:, 1:-1, 1:-1] - around
    flat = grey.reshape(len(grey), -1)
    percent = 100 / 255
    told = [percent * flat.mean(axis=1), percent * flat.std(axis=1), laplacian.var(axis=(1, 2))]
    return np.stack(told).astype(np.float64)


def _parted(values: Floats) -> list[Counts]:
    """Places in up to PARTS parts of LEAST images or more, the least values first.

    Equal values stay together: a cut lies between two values, nearest to where equal parts would
    have it.
    """
    n, order = len(values), np.argsort(values, kind="stable")
    between = np.flatnonzero(np.diff(values[order])) + 1  # where a cut may lie
    wanted = min(PARTS, n // LEAST)
    kept: list[int] = []
    for part in range(1, wanted if len(between) else 1):
        cut = int(between[np.abs(between - n * part / wanted).argmin()])
        if cut - (kept[-1] if kept else 0) >= LEAST and n - cut >= LEAST:
            kept.append(cut)
    return [np.sort(places) for places in np.split(order, kept)]


def _named(trait: Trait, part: int, parts: int) -> str:
    if part in (0, parts - 1):
        return trait.much if part else trait.little
    if 2 * part + 1 == parts:
        return "medium"
    return f"rather {trait.little if 2 * part + 1 < parts else trait.much}"


def _recall(label: Counts, right: NDArray[np.bool_]) -> Floats:
    """The recall of each class, shape (K,); NaN where it has no image."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.bincount(label, right) / np.bincount(label), np.float64)


def _chance(right: NDArray[np.bool_], places: Counts) -> float:
    """The p of these images being worse than the others: twice that of as few right, or fewer.

    Source: Fisher's exact test, Fisher 1935, J. R. Stat. Soc. 98 (1); doubled, as `holm` takes it.
    """
    total, all_right, n, told = len(right), int(right.sum()), len(places), int(right[places].sum())
    logs: Any = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, total + 1)))))  # of factorials
    x = np.arange(max(0, n - (total - all_right)), told + 1)
    ways = logs[all_right] - logs[x] - logs[all_right - x]
    ways += logs[total - all_right] - logs[n - x] - logs[total - all_right - n + x]
    all_ways = logs[total] - logs[n] - logs[total - n]
    return min(1.0, 2 * float(np.exp(ways - all_ways).sum()))
