"""How far an image is from all that a network was trained on, by its last feature map.

Of each channel the mean and the deviation over all places are taken, all of them together as a
direction. The training images say which directions a class has, and how images of one class vary.
The distance to the nearest class is what counts. The bundle carries averages over images alone.

Shapes: `N` images, `C` channels of `H` × `W` places, `D` = 2 · C, `P` classes seen in training.

Sources: Lee, Lee, Lee & Shin 2018, "A Simple Unified Framework for Detecting Out-of-Distribution
Samples and Adversarial Attacks", NeurIPS (class means, one covariance, means over places); Müller &
Hein 2025, "Mahalanobis++", ICML (directions); Ledoit & Wolf 2004, "A Well-Conditioned Estimator for
Large-Dimensional Covariance Matrices", J. Multivariate Analysis 88 (shrinkage). Deviations beside
the means are ours: benchmarks/unlike.py.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST = 1e-9  # the variance of what never varied in training; assumed, far below what does vary

Floats = NDArray[np.float64]


def looks(feature_map: NDArray[np.float32]) -> Floats:
    """Feature maps (N, C, H, W) → directions (N, D), each of length 1."""
    places = feature_map.reshape(*feature_map.shape[:2], -1)
    told = np.concatenate([places.mean(axis=2), places.std(axis=2)], axis=1, dtype=np.float64)
    length = np.linalg.norm(told, axis=1, keepdims=True)
    return np.asarray(told / np.maximum(length, 1e-12))


def learned(found: Floats, labels: NDArray[Any]) -> NDArray[np.float32]:
    """What `distances` compares with: (P + D, D), the classes' means over what makes them round.

    `found` (N, D) are looks of training images, `labels` (N,) their classes.
    """
    means = np.stack([found[labels == label].mean(axis=0) for label in np.unique(labels)])
    spread = found - means[np.unique(labels, return_inverse=True)[1]]
    variance, axes = np.linalg.eigh(_shrunk(spread))
    rounding = axes / np.sqrt(np.maximum(variance, LEAST))  # (D, D)
    return np.concatenate([means @ rounding, rounding]).astype(np.float32)


def distances(found: Floats, kept: NDArray[np.float32]) -> Floats:
    """Looks (N, D) → how far each is from the nearest class, in deviations, shape (N,)."""
    classes = len(kept) - kept.shape[1]
    means, rounding = kept[:classes].astype(np.float64), kept[classes:]
    here = found @ rounding
    squares = (here**2).sum(axis=1)[:, None] - 2 * here @ means.T + (means**2).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(squares.min(axis=1), 0)))


def _shrunk(spread: Floats) -> Floats:
    """The covariance (D, D) of rows (N, D) around 0, drawn towards a ball as far as N is small."""
    n, d = spread.shape
    covariance = spread.T @ spread / n
    ball = np.trace(covariance) / d * np.eye(d)
    apart = ((covariance - ball) ** 2).sum()
    noise = ((spread**2).sum(axis=1) ** 2).mean() - (covariance**2).sum()
    share = min(max(noise / n / max(apart, 1e-300), 0), 1)
    return np.asarray((1 - share) * covariance + share * ball)
