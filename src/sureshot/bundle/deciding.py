"""What becomes of an image: sorted automatically, looked at by a person, or unlike all training.

Shapes: `N` images, `K` classes, `M` rows kept to compare with, `F` features.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle.about import About
from sureshot.records import Strings, softmax, strings

AUTO, REVIEW, UNLIKE = "auto", "review", "unlike"


@dataclass(frozen=True, eq=False)
class Decisions:
    """One row an image."""

    label: NDArray[np.int64]  # (N,) the most probable class, the first of equals
    probability: NDArray[np.float64]  # (N,) of that class, with the bundle's temperature
    decision: Strings  # (N,) "auto", "review" or "unlike"


def decided(
    about: About, kept: NDArray[np.float32] | None, outputs: Mapping[str, NDArray[np.float32]]
) -> Decisions:
    """Decide by the bundle's plan; without a plan, or one that can promise nothing, review all.

    `outputs` are logits (N, K), and features (N, F) where the bundle knows what is unlike.
    """
    logits = outputs["logits"]
    top = softmax(logits, about.temperature).max(axis=1, initial=0.0)
    least = None if about.plan is None else about.plan.threshold
    decision = strings([REVIEW] * len(logits))
    if least is not None:
        decision[top >= least] = AUTO
    if about.unlike is not None and kept is not None:
        decision[distances(outputs["features"], kept) > about.unlike.threshold] = UNLIKE
    return Decisions(logits.argmax(axis=1), top, decision)


def distances(features: NDArray[np.float32], kept: NDArray[np.float32]) -> NDArray[np.float64]:
    """How far each image (N, F) is from the nearest of the rows kept (M, F), shape (N,), 0 to 2.

    Directions alone are compared. Source: Sun, Ming, Zhu & Li 2022, "Out-of-Distribution
    Detection with Deep Nearest Neighbors", ICML.
    """
    nearest = (_directions(features) @ _directions(kept).T).max(axis=1, initial=-1.0)
    return np.asarray(np.sqrt(np.maximum(2 - 2 * nearest, 0)), np.float64)


def _directions(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(length, np.float32(1e-12)))
