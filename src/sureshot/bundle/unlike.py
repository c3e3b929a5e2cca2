"""How far an image is from all that a network was trained on, by its last feature map.

Of each channel the mean and the deviation over all places are taken, all of them together as a
direction. The training images say which directions a class has, and how images of one class vary.
The distance to the nearest class is what counts. The bundle carries averages over images alone.

Shapes: `N` images, `C` channels of `H` × `W` places or of `T` tokens, `D` = 2 · C, `P` classes seen
in training, `A` directions that images are compared in: `D`, but at most DIRECTIONS.

Sources: Lee, Lee, Lee & Shin 2018, "A Simple Unified Framework for Detecting Out-of-Distribution
Samples and Adversarial Attacks", NeurIPS (class means, one covariance, means over places); Müller &
Hein 2025, "Mahalanobis++", ICML (directions); Ledoit & Wolf 2004, "A Well-Conditioned Estimator for
Large-Dimensional Covariance Matrices", J. Multivariate Analysis 88 (shrinkage). Deviations beside
the means are ours: benchmarks/unlike.py.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot.seeds import generator

# Random ones where a network is wider, as pretrained ones are. Measured with MobileNetV2: they tell
# strange images from photographs of clothing as well as all 2,560 directions do (docs/log.md).
DIRECTIONS = 512
LEAST = 1e-9  # the variance of what never varied in training; assumed, far below what does vary

Floats = NDArray[np.float64]


def looks(feature_map: NDArray[np.float32]) -> Floats:
    """Feature maps (N, C, H, W), or (N, T, C), → directions (N, D), each of length 1."""
    tokens = feature_map.ndim == 3
    shown = feature_map.swapaxes(1, 2) if tokens else feature_map
    places = shown.reshape(*shown.shape[:2], -1)
    told = np.concatenate([places.mean(axis=2), places.std(axis=2)], axis=1, dtype=np.float64)
    length = np.linalg.norm(told, axis=1, keepdims=True)
    return np.asarray(told / np.maximum(length, 1e-12))


def learned(found: Floats, labels: NDArray[Any]) -> NDArray[np.float32]:
    """What `distances` compares with: (P + D, A), the classes' means over what makes them round.

    `found` (N, D) are looks of training images, `labels` (N,) their classes.
    """
    means = np.stack([found[labels == label].mean(axis=0) for label in np.unique(labels)])
    spread = found - means[np.unique(labels, return_inverse=True)[1]]
    if found.shape[1] <= DIRECTIONS:
        rounding = _rounding(spread)
    else:
        drawn = generator("unlike", found.shape[1]).standard_normal((found.shape[1], DIRECTIONS))
        chosen = np.linalg.qr(drawn)[0]  # (D, A)
        rounding = chosen @ _rounding(spread @ chosen)
    return np.concatenate([means @ rounding, rounding]).astype(np.float32)


def distances(found: Floats, kept: NDArray[np.float32]) -> Floats:
    """Looks (N, D) → how far each is from the nearest class, in deviations, shape (N,)."""
    classes = len(kept) - found.shape[1]
    means, rounding = kept[:classes].astype(np.float64), kept[classes:]
    here = found @ rounding
    squares = (here**2).sum(axis=1)[:, None] - 2 * here @ means.T + (means**2).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(squares.min(axis=1), 0)))


def _rounding(spread: Floats) -> Floats:
    """What makes rows (N, A) vary by 1 in every direction, (A, A)."""
    variance, axes = np.linalg.eigh(_shrunk(spread))
    return np.asarray(axes / np.sqrt(np.maximum(variance, LEAST)))


def _shrunk(spread: Floats) -> Floats:
    """The covariance (D, D) of rows (N, D) around 0, drawn towards a ball as far as N is small."""
    n, d = spread.shape
    covariance = spread.T @ spread / n
    ball = np.trace(covariance) / d * np.eye(d)
    apart = ((covariance - ball) ** 2).sum()
    noise = ((spread**2).sum(axis=1) ** 2).mean() - (covariance**2).sum()
    share = min(max(noise / n / max(apart, 1e-300), 0), 1)
    return np.asarray((1 - share) * covariance + share * ball)
