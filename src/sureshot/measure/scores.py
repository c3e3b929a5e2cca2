"""Scores of single images and their means.

Shapes: `N` images, `K` classes. `labels` are (N,) class numbers from 0; `outputs` are (N, K)
logits or probabilities, for only their order counts. Classes with equal outputs rank by number,
the lowest first, as in `Predictions.top`. Everything is computed in float64.
DataError where arrays do not fit together, are empty, or hold something that is no number.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot.errors import DataError, UsageError

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

SUM_TOLERANCE = 1e-3  # assumption: far above fp32's rounding, far below logits taken for shares


def top_class(outputs: NDArray[Any]) -> Labels:
    """The class with the greatest output of each row, shape (N,), the first of equals."""
    return np.asarray(np.asarray(outputs).argmax(axis=1))


def in_top(labels: NDArray[Any], outputs: NDArray[Any], k: int) -> NDArray[np.bool_]:
    """Which images have their label among the `k` greatest outputs, shape (N,)."""
    labels, outputs = checked(labels, outputs)
    classes = outputs.shape[1]
    if not 1 <= k <= classes:
        raise UsageError(f"k must be between 1 and the number of classes, {classes}, got {k}")
    own = outputs[np.arange(len(labels)), labels][:, None]
    first_of_equals = (outputs == own) & (np.arange(classes) < labels[:, None])
    return np.asarray(((outputs > own) | first_of_equals).sum(axis=1) < k)


def top_k(labels: NDArray[Any], outputs: NDArray[Any], k: int) -> float:
    """The share of images that have their label among the `k` greatest outputs."""
    return float(in_top(labels, outputs, k).mean())


def accuracy(labels: NDArray[Any], outputs: NDArray[Any]) -> float:
    """The share of images that have their label as the greatest output."""
    return top_k(labels, outputs, 1)


def image_log_loss(labels: NDArray[Any], logits: NDArray[Any]) -> Floats:
    """Minus the natural logarithm of the probability of each image's label, shape (N,), in nats.

    It comes from the logits by log-softmax: finite and exact also where the probability would
    round to 0 or to 1, so nothing is clipped.
    """
    labels, logits = checked(labels, logits)
    rows, best = np.arange(len(labels)), top_class(logits)
    shifted = logits.astype(np.float64)
    shifted -= shifted[rows, best][:, None]
    own = shifted[rows, labels]
    others = np.exp(shifted)
    others[rows, best] = 0.0  # log1p adds this 1 without rounding a small rest away
    return np.asarray(np.log1p(others.sum(axis=1)) - own)


def log_loss(labels: NDArray[Any], logits: NDArray[Any]) -> float:
    """The mean of `image_log_loss`, in nats: cross-entropy; 0 is perfect."""
    return float(image_log_loss(labels, logits).mean())


def image_brier(labels: NDArray[Any], probabilities: NDArray[Any]) -> Floats:
    """The sum over classes of (probability minus truth)², for each image, shape (N,), 0 to 2.

    Source: Brier 1950, Mon. Weather Rev. 78 (1), in his own form for many classes. For two
    classes it is twice the form that looks at one of them only.
    """
    labels, probabilities = checked_probabilities(labels, probabilities)
    gap = probabilities.astype(np.float64)
    gap[np.arange(len(labels)), labels] -= 1.0
    return np.asarray(np.square(gap, out=gap).sum(axis=1))


def brier(labels: NDArray[Any], probabilities: NDArray[Any]) -> float:
    """The mean of `image_brier`, from 0 (perfect) to 2."""
    return float(image_brier(labels, probabilities).mean())


def checked(labels: NDArray[Any], outputs: NDArray[Any]) -> tuple[Labels, NDArray[Any]]:
    """The two as arrays that fit together, or DataError."""
    labels, outputs = np.asarray(labels), np.asarray(outputs)
    if outputs.ndim != 2 or labels.shape != outputs.shape[:1]:
        raise DataError(
            "labels and outputs must have shapes (N,) and (N, K), "
            f"got {labels.shape} and {outputs.shape}"
        )
    if not outputs.size:
        raise DataError("a score needs at least 1 image and 1 class, got none")
    if bad := int((~np.isfinite(outputs)).any(axis=1).sum()):
        raise DataError(
            f"outputs must be finite numbers, got NaN or infinity in {bad:,} of "
            f"{len(outputs):,} rows; leave unreadable images out"
        )
    return checked_labels(labels, outputs.shape[1]), outputs


def checked_labels(labels: NDArray[Any], classes: int) -> Labels:
    """Class numbers from 0 to `classes` - 1 as int64, or DataError."""
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu":
        raise DataError(f"labels must be whole numbers, got {labels.dtype}")
    wrong = labels[(labels < 0) | (labels >= classes)]
    if wrong.size:
        raise DataError(
            f"labels must be between 0 and {classes - 1}, got {wrong[0]}; "
            "leave images without a label out"
        )
    return labels.astype(np.int64)


def checked_probabilities(
    labels: NDArray[Any], probabilities: NDArray[Any]
) -> tuple[Labels, NDArray[Any]]:
    """As `checked`, for rows between 0 and 1 that sum to 1."""
    labels, probabilities = checked(labels, probabilities)
    gap = float(np.abs(probabilities.sum(axis=1, dtype=np.float64) - 1).max())
    if probabilities.min() < 0 or probabilities.max() > 1 + SUM_TOLERANCE or gap > SUM_TOLERANCE:
        raise DataError(
            "probabilities must be between 0 and 1 and sum to 1 in each row, got "
            f"{probabilities.min():.4g} to {probabilities.max():.4g} and a sum that is off by "
            f"{gap:.2g}; logits need a softmax first"
        )
    return labels, probabilities
