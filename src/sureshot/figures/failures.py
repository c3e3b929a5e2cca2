"""Where a model fails, as plain tables: the classes it finds least, and those it confuses.

Shapes: `N` images, all of them scored, `K` classes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sureshot import measure
from sureshot.figures.tables import Confused, Counts, Floats, confusion
from sureshot.records import Predictions

CLASSES = 12  # the worst are shown; assumed to be as many as a reader will compare
PAIRS = 5  # as many as the list of mistakes on a run's page always had
MISTAKEN = 3  # images of a pair; with one of each class they fill one row of the page


@dataclass(frozen=True)
class Rate:
    """A share of images told right, with its 95 % interval (Wilson)."""

    share: float
    low: float
    high: float
    n: int
    everyone: float  # the mean share of several models on the same images; NaN for one model


@dataclass(frozen=True)
class ClassRate:
    """The recall of one class."""

    name: str
    rate: Rate


@dataclass(frozen=True)
class WorstClasses:
    """The classes with the least recall, the least first."""

    shown: list[ClassRate]
    classes: int  # that have an image
    without: tuple[str, ...]  # classes that have none, of which nothing is known


@dataclass(frozen=True, eq=False)
class Pair:
    """Two classes of which one is taken for the other; images by their place among the N."""

    confused: Confused
    mistaken: Counts  # up to MISTAKEN, the most confident first
    typical: Counts  # of each of the two classes the surest that was told right, if any


def rate(right: NDArray[np.bool_], places: Counts, everyone: Floats | None = None) -> Rate:
    """The share of `right`, (N,), at some places, at least one; `everyone` is (N,) as well."""
    told, n = int(right[places].sum()), len(places)
    low, high = measure.wilson(told, n)
    others = float("nan") if everyone is None else float(everyone[places].mean())
    return Rate(told / n, low, high, n, others)


def worst_classes(
    predictions: Predictions, everyone: Floats | None = None, limit: int = CLASSES
) -> WorstClasses:
    """Recall by class, the least first; `everyone` is the share of models right, (N,)."""
    right = predictions.top() == predictions.label
    places = [np.flatnonzero(predictions.label == k) for k in range(len(predictions.classes))]
    found = [
        ClassRate(name, rate(right, held, everyone))
        for name, held in zip(predictions.classes, places, strict=True)
        if len(held)
    ]
    found.sort(key=lambda one: (one.rate.share, -one.rate.n))
    without = [n for n, held in zip(predictions.classes, places, strict=True) if not len(held)]
    return WorstClasses(found[:limit], len(found), tuple(without))


def confused_pairs(predictions: Predictions, limit: int = PAIRS) -> list[Pair]:
    """The pairs of true and said class with most mistakes, each with images to look at."""
    number = {name: k for k, name in enumerate(predictions.classes)}
    said, sure = predictions.top(), predictions.probabilities().max(axis=1, initial=0)

    def surest(true: int, answer: int, count: int) -> Counts:
        places = np.flatnonzero((predictions.label == true) & (said == answer))
        return places[np.argsort(-sure[places], kind="stable")[:count]]

    return [
        Pair(one, surest(i, j, MISTAKEN), np.concatenate([surest(i, i, 1), surest(j, j, 1)]))
        for one in confusion(predictions).most_confused(limit)
        for i, j in [(number[one.true], number[one.predicted])]
    ]
