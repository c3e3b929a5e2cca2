"""Temperature: the one number that makes a classifier as sure as it is right.

Shapes: `N` images, `K` classes.
Source: Guo, Pleiss, Sun & Weinberger 2017, "On Calibration of Modern Neural Networks", ICML.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sureshot.measure.scores import checked, top_class
from sureshot.records import softmax

HALVINGS = 40  # of the range: the temperature is then known to 1e-11


def fit_temperature(
    labels: NDArray[Any], logits: NDArray[Any], limits: tuple[float, float]
) -> float:
    """The temperature that gives `labels` (N,) the least mean log loss by `logits` (N, K).

    The loss is convex in 1 / temperature, so its slope is halved towards zero. Where every image
    is told right the loss only falls as the temperature does, and 1 is kept: nothing was learned
    of how often the network is wrong.
    """
    labels, logits = checked(labels, logits)
    if (top_class(logits) == labels).all():
        return 1.0
    own = logits[np.arange(len(labels)), labels].astype(np.float64)
    low, high = 1 / limits[1], 1 / limits[0]
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        expected = (softmax(logits, 1 / middle) * logits).sum(axis=1)
        low, high = (low, middle) if (expected - own).mean() > 0 else (middle, high)
    return 2 / (low + high)
