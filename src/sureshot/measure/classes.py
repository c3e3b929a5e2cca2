"""Scores of classes, and their means, all from the confusion matrix.

Shapes: `K` classes; a confusion matrix is (K, K), rows are true classes, columns predicted ones.

A score that is undefined for a class is NaN here and None in `Scores`: the precision of a class
never predicted, the recall of a class without images, the f1 of a class with neither. The macro
mean is over the classes that occur, as label or as prediction, and counts an undefined precision
or recall of theirs as 0; a class that the model never finds must not vanish from the mean. So
both means agree with scikit-learn's `zero_division=0`.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sureshot.errors import DataError
from sureshot.measure.intervals import combined, wilson
from sureshot.measure.scores import Floats, checked_labels


def confusion(labels: NDArray[Any], predicted: NDArray[Any], classes: int) -> NDArray[np.int64]:
    """How many images of each true class were given each class, shape (K, K)."""
    labels, predicted = checked_labels(labels, classes), checked_labels(predicted, classes)
    if labels.ndim != 1 or labels.shape != predicted.shape:
        raise DataError(
            "labels and predicted must both have shape (N,), "
            f"got {labels.shape} and {predicted.shape}"
        )
    cells = np.bincount(labels * classes + predicted, minlength=classes * classes)
    return cells.reshape(classes, classes)


def precision(table: NDArray[Any]) -> Floats:
    """Of the images given each class, the share that are of it, shape (K,)."""
    return _ratio(table.diagonal(), table.sum(axis=0))


def recall(table: NDArray[Any]) -> Floats:
    """Of the images of each class, the share given it, shape (K,)."""
    return _ratio(table.diagonal(), table.sum(axis=1))


def f1(table: NDArray[Any]) -> Floats:
    """The harmonic mean of precision and recall of each class, shape (K,)."""
    return _ratio(2 * table.diagonal(), table.sum(axis=0) + table.sum(axis=1))


def macro(values: Floats, table: NDArray[Any]) -> float:
    """The mean of (K,) values over the classes that occur, undefined ones as 0."""
    return _mean(values, occurring(table))


def weighted(values: Floats, table: NDArray[Any]) -> float:
    """The mean of (K,) values weighted by the images of each class, undefined ones as 0."""
    return _mean(values, table.sum(axis=1))


def occurring(table: NDArray[Any]) -> NDArray[np.bool_]:
    """Which classes occur, as label or as prediction, shape (K,)."""
    return np.asarray((table.sum(axis=0) + table.sum(axis=1)) > 0)


class ClassScore(NamedTuple):
    """One score of all classes with Wilson's interval and its n, each of shape (K,)."""

    value: Floats  # NaN where undefined, as low and high
    low: Floats
    high: Floats
    n: NDArray[np.int64]

    def of_mean(self, weights: NDArray[Any]) -> tuple[float, float]:
        """The interval of the mean with these weights; an undefined score is 0, by convention."""
        shares = weights / weights.sum()
        low, high = combined(shares, *(np.nan_to_num(part) for part in self[:3]))
        return max(0.0, low), min(1.0, high)  # rounding may step over


def class_scores(table: NDArray[np.int64]) -> dict[str, ClassScore]:
    """Precision, recall and f1 with Wilson's interval.

    f1 = 2j / (1 + j), where j is a plain share: of the images that are of the class or were
    given it, those that are both. So the ends of j's interval are carried over.
    Source of the identity: Hand, Christen & Kirielle 2021, Mach. Learn. 110 (F*).
    """
    right, given, own = table.diagonal(), table.sum(axis=0), table.sum(axis=1)
    shared = _shares(right, given + own - right)
    low, high = (2 * end / (1 + end) for end in (shared.low, shared.high))
    return {
        "precision": _shares(right, given),
        "recall": _shares(right, own),
        "f1": ClassScore(f1(table), low, high, shared.n),
    }


def _shares(part: NDArray[np.int64], n: NDArray[np.int64]) -> ClassScore:
    some = n > 0
    low, high = wilson(part, np.maximum(n, 1))
    return ClassScore(_ratio(part, n), np.where(some, low, np.nan), np.where(some, high, np.nan), n)


def _mean(values: Floats, weights: NDArray[Any]) -> float:
    return float((weights * np.nan_to_num(values)).sum() / weights.sum())


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> Floats:
    """`part / whole`, NaN where the whole is nothing."""
    nothing = np.full(len(whole), np.nan)
    return np.asarray(np.divide(part, whole, out=nothing, where=whole > 0))


def balanced_weights(counts: NDArray[Any]) -> Floats:
    """A weight for each class, n / (K · n of the class), from counts of shape (K,), none zero.

    Weighted so, every class costs the same in all, and an image costs 1 in the mean.
    Source: King & Zeng 2001, Political Analysis 9 (2); scikit-learn's "balanced".
    """
    return np.asarray(counts.sum() / (len(counts) * counts), np.float64)
