"""What becomes of an image: sorted automatically, looked at by a person, or unlike all training.

Shapes: `N` images, `K` classes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sureshot.bundle.about import About
from sureshot.bundle.unlike import distances, looks
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

    `outputs` are logits (N, K), and the feature map where the bundle knows what is unlike.
    """
    logits = outputs["logits"]
    top = softmax(logits, about.temperature).max(axis=1, initial=0.0)
    decision = in_words(about, top, unlike(about, kept, outputs))
    return Decisions(logits.argmax(axis=1), top, decision)


def in_words(about: About, top: NDArray[np.float64], far: NDArray[np.bool_] | None) -> Strings:
    """The decision of each image, (N,), by its highest probability and whether it is unlike."""
    decision = strings([REVIEW] * len(top))
    if about.plan is not None and about.plan.threshold is not None:
        decision[top >= about.plan.threshold] = AUTO
    if far is not None:
        decision[far] = UNLIKE
    return decision


def unlike(
    about: About, kept: NDArray[np.float32] | None, outputs: Mapping[str, NDArray[np.float32]]
) -> NDArray[np.bool_] | None:
    """Which images are unlike the training data, (N,); None where the bundle cannot tell."""
    if about.unlike is None or kept is None:
        return None
    near = distances(looks(outputs["feature_map"]), kept) <= about.unlike.threshold
    return np.asarray(~near)  # what has no distance is not near
