"""Before any training: which true scores could a test set tell from the bounds of a claim?

Nothing has been seen yet, so the spread is assumed, and what was assumed is said with the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np

from sureshot.errors import UsageError
from sureshot.measure.crossed import ONE_SEED
from sureshot.measure.deciding import Bounds
from sureshot.measure.intervals import LEVEL
from sureshot.measure.paired import reach
from sureshot.measure.scores import Floats
from sureshot.measure.student import t_quantile

POWER = 0.8  # share of studies that would decide; cited: Cohen 1988, and the custom since
SEED_DEVIATION = 0.01  # of a share near 75 % between seeds; assumption! trained from nothing
THERE = 0.75 * 0.25  # nearer to 0 and 1 seeds are taken to vary less, as s (1 - s); measured: eight
# networks of three seeds on MNIST vary by 0.02 to 0.28 points, 0.16 as root mean square, where this
# says 0.17
DISCORDANT = 0.25  # share of images on which only one of two models is right; assumption!
STEPS = 10_001  # true scores tried between a bound and the end of the scale

Spread = Callable[[Floats], Floats]  # true scores → the variance that n images give to each
Wider = Callable[[float], float]  # a bound → by how much an exact interval is wider there


@dataclass(frozen=True)
class Reach:
    """The true scores for which POWER of all studies would decide the claim."""

    supported: tuple[float, float] | None  # from, to; None: no score would support the claim
    refuted_below: float | None  # this or less; None: no score below the bounds would refute it
    refuted_above: float | None  # this or more
    assumed: str  # a sentence without its full stop; "" where nothing had to be


def reach_of_share(
    n: int,
    bounds: Bounds,
    seeds: int | None = None,
    level: float = LEVEL,
    deviation: float | None = None,
) -> Reach:
    """What n images can say of a share, such as accuracy or recall, of a model or of a recipe.

    With the number of `seeds` it is of a recipe. The standard deviation between them is assumed,
    as is usual at the bound, unless it is given.
    """

    def spread(score: Floats) -> Floats:
        return np.asarray(score * (1 - score) / n)

    usual = max(usual_deviation(bound) for bound in bounds.given)
    models = _Seeds(seeds, 1, usual if deviation is None else deviation)
    assumed = "an image is right or wrong for all seeds alike" if seeds else ""

    def wider(_: float) -> float:
        return 0.0 if seeds else 0.5 / n  # Clopper and Pearson's interval

    return _reach(n, bounds, (0.0, 1.0), spread, models, level, assumed, wider)


def usual_deviation(share: float) -> float:
    """By how much a share of images usually varies from seed to seed, as standard deviation."""
    return SEED_DEVIATION * min(1.0, max(share * (1 - share), 0.0) / THERE)


def reach_of_difference(
    n: int,
    bounds: Bounds,
    seeds: int | None = None,
    level: float = LEVEL,
    discordant: float = DISCORDANT,
    deviation: float = SEED_DEVIATION,
) -> Reach:
    """What n images can say of the difference of two shares, of two models or of two recipes.

    `discordant` is the share of images on which only one of the two is right, `deviation` what
    seeds vary by; where both have been trained before, they can be counted.
    """

    def spread(score: Floats) -> Floats:
        return np.asarray((np.maximum(np.abs(score), discordant) - score**2) / n)

    def wider(bound: float) -> float:
        usual = t_quantile(level) * sqrt(float(spread(np.clip(bound, -1.0, 1.0))))
        exact = reach(bound, min(max(discordant, abs(bound)), 1.0), n, level)
        return 0.0 if seeds else exact - usual

    assumed = f"only one of the two is right on {100 * discordant:g} % of the images"
    models = _Seeds(seeds, 2, deviation)
    return _reach(n, bounds, (-1.0, 1.0), spread, models, level, assumed, wider)


@dataclass(frozen=True)
class _Seeds:
    """How many seeds for each of how many recipes; None for models that are trained already."""

    number: int | None
    recipes: int
    deviation: float

    def variance(self) -> float:
        return self.recipes * self.deviation**2 / self.number if self.number else 0.0

    def in_words(self) -> str:
        points = 100 * self.deviation
        return f"seeds vary by {points:.2g} point{'' if points == 1 else 's'}"

    def freedom(self) -> float:
        return self.recipes * (self.number - 1) if self.number else np.inf


def _reach(
    n: int,
    bounds: Bounds,
    scale: tuple[float, float],
    spread: Spread,
    seeds: _Seeds,
    level: float,
    assumed: str,
    wider: Wider,
) -> Reach:
    if n < 1:
        raise UsageError(f"n must be at least 1 test image, got {n}")
    if seeds.number == 1:
        return Reach(None, None, None, ONE_SEED)
    both = bounds.at_least is not None and bounds.at_most is not None

    def edge(bound: float | None, end: float, power: float) -> float | None:
        """The true score nearest to the bound, on the way to this end, that is told from it."""
        if bound is None:
            return None
        scores = np.linspace(np.clip(bound, *scale), end, STEPS)
        by_images = t_quantile(level) ** 2 * spread(scores[:1])  # as it is at the bound
        by_seeds = t_quantile(level, seeds.freedom()) ** 2 * seeds.variance()
        half = np.sqrt(by_images + by_seeds) + wider(bound)
        miss = NormalDist().inv_cdf(power) * np.sqrt(spread(scores) + seeds.variance())
        told = np.flatnonzero(np.abs(scores - bound) >= half + miss)
        return float(scores[told[0]]) if told.size else None

    inner = (1 + POWER) / 2 if both else POWER  # both ends of the interval have to keep inside
    low = scale[0] if bounds.at_least is None else edge(bounds.at_least, scale[1], inner)
    high = scale[1] if bounds.at_most is None else edge(bounds.at_most, scale[0], inner)
    inside = (low, high) if low is not None and high is not None and low <= high else None
    if seeds.number:
        assumed += f", and {seeds.in_words()}"
    return Reach(
        inside,
        edge(bounds.at_least, scale[0], POWER),
        edge(bounds.at_most, scale[1], POWER),
        f"it is assumed that {assumed}" if assumed else "",
    )
