"""Two trained models on the same images: which are right where the other is wrong.

Source of the test: McNemar 1947, Psychometrika 12 (2), in its exact form: of the images on which
the two differ, each wins half by chance alone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sureshot.measure.contributions import shares
from sureshot.measure.crossed import difference
from sureshot.measure.estimates import Measured


@dataclass(frozen=True)
class Pair:
    """The accuracy of one model minus that of another, about these two models only."""

    difference: Measured
    gained: int  # images that only the first has right
    lost: int  # images that only the second has right
    p: float  # two-sided, of two models that are right equally often


def two_models(right: NDArray[np.bool_], other: NDArray[np.bool_]) -> Pair:
    """Compare which images each model has right, both of shape (N,) on the same images."""
    gained, lost = int((right & ~other).sum()), int((other & ~right).sum())
    found = difference(shares(right), shares(other), "images")
    return Pair(found, gained, lost, mcnemar(gained, lost))


def mcnemar(gained: int, lost: int) -> float:
    """The exact two-sided p value of so many wins of each, in whole numbers to the end."""
    n, ways, sum_of_ways = gained + lost, 1, 0
    for k in range(min(gained, lost) + 1):
        sum_of_ways += ways
        ways = ways * (n - k) // (k + 1)
    return min(1.0, 2 * sum_of_ways / (1 << n))
