"""How many images may be sorted without a look, and how often that goes wrong.

Shapes: `N` images, `T` thresholds, the strictest first.

An image is accepted where the probability of its top class reaches a threshold. The error is wrong
÷ accepted. Each threshold is a null hypothesis, "the true error is above what was promised", with
an exact binomial p value: of a fixed threshold's accepted images, each is wrong with one and the
same probability, and independently. They are tested one after the other, from a start on to laxer
ones, until the first that is not rejected; so the chance that any of the rejected ones breaks the
promise is at most 1 - confidence, in finite samples and for any distribution.

Thresholds and start must not depend on the images that are tested.

Sources: Angelopoulos, Bates, Candès, Jordan & Lei 2021, "Learn then Test: Calibrating Predictive
Algorithms to Achieve Risk Control", arXiv 2110.01052 (fixed-sequence testing, section 3.2);
Clopper & Pearson 1934, Biometrika 26 (4) (exact bounds).
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from sureshot.measure.scores import Floats

STEPS = 100  # thresholds: one for each hundredth of the images; assumed to be fine enough
HALVINGS = 40  # of the range 0 to 1: a bound is then known to 1e-12
GROWTH = 1.02  # from one number of images tried to the next; assumed: nobody plans closer
MOST = 1_000_000  # accepted images; what needs more is said to be out of reach


@dataclass(frozen=True, eq=False)
class Curve:
    """What each threshold accepts, and how much of that is wrong; the strictest first."""

    threshold: Floats  # (T,)
    accepted: NDArray[np.int64]  # (T,)
    wrong: NDArray[np.int64]  # (T,) of those accepted
    n: int

    @property
    def share(self) -> Floats:
        """The share of the images that is accepted, shape (T,)."""
        return np.asarray(self.accepted / max(self.n, 1))

    @property
    def error(self) -> Floats:
        """Wrong ÷ accepted, shape (T,); NaN where nothing is accepted."""
        none = np.full(len(self.wrong), np.nan)
        return np.asarray(np.divide(self.wrong, self.accepted, out=none, where=self.accepted > 0))

    def bounds(self, confidence: float) -> Floats:
        """The upper bound of the true error at each threshold taken alone, shape (T,)."""
        pairs = zip(self.wrong.tolist(), self.accepted.tolist(), strict=True)
        return np.array([upper_bound(wrong, n, confidence) for wrong, n in pairs])


def thresholds(confidence: Floats) -> Floats:
    """Thresholds that accept one, two … hundred hundredths of images like these, shape (T,).

    `confidence` (N,) must come from other images than those that will be tested. The laxest, 0,
    accepts all but those that must not be accepted.
    """
    shares = np.arange(1, STEPS) / STEPS
    some = np.quantile(confidence, 1 - shares, method="inverted_cdf")
    return np.unique(np.append(np.maximum(some, 0.0), 0.0))[::-1]


def curve(confidence: Floats, right: NDArray[np.bool_], threshold: Floats) -> Curve:
    """What thresholds (T,) accept of images with a `confidence` (N,) that are `right` (N,) or not.

    An image that must not be accepted at all has a confidence below 0.
    """
    order = np.argsort(-confidence, kind="stable")
    accepted = np.searchsorted(-confidence[order], -threshold, side="right")
    wrong = np.concatenate([[0], np.cumsum(~right[order])])[accepted]
    return Curve(threshold, accepted.astype(np.int64), wrong.astype(np.int64), len(confidence))


def promised(tested: Curve, start: int, max_error: float, confidence: float) -> int | None:
    """The laxest threshold that keeps the promise, by its number; None where `start` does not."""
    last = None
    for place in range(start, len(tested.threshold)):
        p_value = at_most(int(tested.wrong[place]), int(tested.accepted[place]), max_error)
        if p_value > 1 - confidence:
            break
        last = place
    return last


def start_of(known: Curve, max_error: float) -> int:
    """Where testing is likeliest to succeed, by what is known from other images.

    It is the threshold whose error stays below `max_error` by most standard deviations; one image
    more is taken for wrong, so that a few images without an error do not look like the best.
    """
    error = (known.wrong + 1) / (known.accepted + 1)
    return int(np.argmax((max_error - error) * np.sqrt(known.accepted)))


def at_most(wrong: int, n: int, error: float) -> float:
    """The chance that at most so many of `n` images are wrong where each is with chance `error`."""
    if wrong >= n:
        return 1.0
    k = np.arange(wrong + 1)
    steps = np.log((n - k[:-1]) / (k[:-1] + 1)) + math.log(error) - math.log1p(-error)
    logs = n * math.log1p(-error) + np.concatenate([[0.0], np.cumsum(steps)])
    return min(float(np.exp(logs).sum()), 1.0)


def upper_bound(wrong: int, n: int, confidence: float) -> float:
    """The largest error that so few wrong images are still likely under: Clopper and Pearson's."""
    if wrong >= n:
        return 1.0
    low, high = wrong / n, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if at_most(wrong, n, middle) < 1 - confidence else (middle, high)
    return high


def least_accepted(max_error: float, confidence: float) -> int:
    """How many accepted images a promise takes where not one of them is wrong."""
    return math.ceil(math.log(1 - confidence) / math.log1p(-max_error))


def images_needed(tested: Curve, start: int, max_error: float, confidence: float) -> int | None:
    """About how many images the promise takes, if they go as these did; None where none would do.

    Accepted images needed at the error seen where testing starts ÷ the share accepted there.
    """
    accepted = max(int(tested.accepted[start]), 1)
    error = tested.wrong[start] / accepted
    if error >= max_error:
        return None
    needed = _accepted_needed(error, max_error, confidence) * tested.n / accepted
    return None if math.isinf(needed) else math.ceil(needed)


def _accepted_needed(error: float, max_error: float, confidence: float) -> float:
    """Tried upwards, from half of what the normal distribution says."""
    deviations = NormalDist().inv_cdf(confidence)
    usual = deviations**2 * max_error * (1 - max_error) / (max_error - error) ** 2
    n = max(float(least_accepted(max_error, confidence)), usual / 2)
    while n <= MOST and at_most(math.ceil(error * n), int(n), max_error) > 1 - confidence:
        n *= GROWTH
    return n if n <= MOST else math.inf
