"""What more images to train on would give: a power law through the accuracies that were measured.

Shapes: `P` numbers of images trained on, `S` seeds, `N` images to judge by, `G` exponents tried,
`V` values tried.

The error after training on n images is taken as a + b n^-c with a, b >= 0, as Cortes, Jackel,
Solla, Vapnik & Denker 1994 (NIPS 6) proposed and Hestness et al. 2017 (arXiv:1712.00409) found
over wide ranges. For each exponent the fit is linear: least squares, weighted by what the images
and the seeds are known to vary. All points are judged on the same images, so their errors go up
and down together, and the gain is known better than the accuracy.

The interval of a number holds every value that some power law gives without passing the points at
a distance that chance makes rare (profile likelihood, Venzon & Moolgavkar 1988, Appl. Statist. 37
(1)). A variance between seeds that rests on few of them counts with its own t quantile, as in
`estimates`; points that scatter more than all this explains widen the interval by as much (Birge
1932, Phys. Rev. 40 (2)). Measured on 60 kinds of planted curves, 150 of each: 95 % intervals held
the true accuracy in 93 to 100 %, the true gain in 94 to 100 %.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sureshot.errors import UsageError
from sureshot.measure.crossed import ADDED_TO_ONE, ONE_SEED
from sureshot.measure.intervals import LEVEL
from sureshot.measure.scores import Floats
from sureshot.measure.student import t_quantile

FEWEST = 3  # numbers of images: a power law has three parameters
EXPONENTS = np.geomspace(0.05, 2.0, 80)  # assumed: Hestness et al. found 0.07 to 0.35, theory 0.5
VALUES = 201  # tried at once, twice; assumed: finer than any digit that is printed
REACH = 8.0  # standard errors beyond the points in which values are looked for; assumed


@dataclass(frozen=True, eq=False)
class Point:
    """One number of images trained on, and what came of it."""

    images: int
    right: NDArray[np.bool_]  # (S, N) whether each seed's model has each image right

    @cached_property
    def by_seed(self) -> Floats:
        """The accuracy of each seed, shape (S,)."""
        return np.asarray(self.right.mean(axis=1), np.float64)

    @property
    def accuracy(self) -> float:
        """The mean over seeds, from 0 to 1."""
        return float(self.by_seed.mean())

    @property
    def spread(self) -> float:
        """The standard deviation over seeds; NaN for one seed."""
        return float(self.by_seed.std(ddof=1)) if len(self.by_seed) > 1 else float("nan")


@dataclass(frozen=True)
class PowerLaw:
    """error = floor + drop n^-exponent."""

    floor: float
    drop: float
    exponent: float

    def accuracy(self, images: float) -> float:
        """What it gives after training on so many images."""
        return float(1 - self.floor - self.drop * images**-self.exponent)


@dataclass(frozen=True)
class Told:
    """A number with its interval; the ends are NaN where nobody can say."""

    value: float
    low: float = float("nan")
    high: float = float("nan")


@dataclass(frozen=True)
class Forecast:
    """What so many images more than the largest number would give."""

    law: PowerLaw
    largest: int
    more: int
    accuracy: Told  # with largest + more images
    gain: Told  # by how much that is above the law's accuracy with the largest number
    n: int  # images judged by
    seeds: int  # the fewest of a point
    at: Callable[[int], Told]  # the accuracy anywhere along the law
    why: str = ""  # there are no intervals


def forecast(points: Sequence[Point], more: int, level: float = LEVEL) -> Forecast:
    """The law through three points or more, and what `more` images would give.

    UsageError where there are fewer, or `more` would more than double the largest number.
    """
    ordered = sorted(points, key=lambda point: point.images)
    sizes = [point.images for point in ordered]
    if len(set(sizes)) < max(FEWEST, len(sizes)):
        raise UsageError(
            f"a forecast needs {FEWEST} different numbers of images or more, got "
            f"{', '.join(f'{size:,}' for size in sizes)}"
        )
    require_near(more, sizes[-1])
    fit = _Fit.of(ordered, level)
    seeds = min(len(point.by_seed) for point in ordered)
    top = sizes[-1] + more
    return Forecast(
        law=fit.law,
        largest=sizes[-1],
        more=more,
        accuracy=fit.accuracy(top),
        gain=fit.gain(top),
        n=ordered[0].right.shape[1],
        seeds=seeds,
        at=fit.accuracy,
        why=ONE_SEED if seeds < 2 else "",
    )


def require_near(more: int, largest: int) -> None:
    """UsageError where a forecast would reach too far."""
    if not 1 <= more <= largest:
        raise UsageError(
            f"more must be between 1 and {largest:,}, got {more:,}: a forecast beyond twice the "
            "largest number of images is a guess; measure a larger one, or ask for less"
        )


@dataclass(frozen=True, eq=False)
class _Fit:
    """The points, scaled so that chance moves each of them by 1 and independently."""

    sizes: Floats  # (P,) in units of the largest
    largest: int
    errors: Floats  # (P,) scaled
    ones: Floats  # (P,) a constant error of 1, scaled
    powers: Floats  # (P, G) n^-c, scaled
    bounds: tuple[float, float]  # between which errors are looked for
    beyond: float  # how much farther than the nearest law, squared, one that chance rules out is
    law: PowerLaw
    known: bool  # whether there are seeds enough for intervals

    @classmethod
    def of(cls, points: Sequence[Point], level: float) -> "_Fit":
        """The fit of points in rising order."""
        covariance = _covariance(points, level)
        errors = np.array([1 - point.accuracy for point in points])
        largest = points[-1].images
        sizes = np.array([point.images for point in points]) / largest
        scale = np.linalg.inv(np.linalg.cholesky(covariance))
        powers = scale @ sizes[:, None] ** -EXPONENTS
        scaled, ones = scale @ errors, scale.sum(axis=1)
        floor, drop, misfit = _least(scaled, ones, powers)
        best = int(misfit.argmin())
        exponent, left = float(EXPONENTS[best]), float(misfit[best])
        scatter = max(1.0, left / max(len(points) - FEWEST, 1))
        reach = REACH * float(np.sqrt(covariance.diagonal().max()))
        return cls(
            sizes=sizes,
            largest=largest,
            errors=scaled,
            ones=ones,
            powers=powers,
            bounds=(max(errors.min() - reach, 0.0), min(errors.max() + reach, 1.0)),
            beyond=scatter * t_quantile(level) ** 2,
            law=PowerLaw(float(floor[best]), float(drop[best] * largest**exponent), exponent),
            known=min(len(point.by_seed) for point in points) > 1,
        )

    def accuracy(self, images: int) -> Told:
        """The accuracy with so many images."""
        value = self.law.accuracy(images)
        if not self.known:
            return Told(value)
        low, high = self._ends(1 - value, self.bounds, 1.0, (images / self.largest) ** -EXPONENTS)
        return Told(value, 1 - high, 1 - low)

    def gain(self, images: int) -> Told:
        """By how much the accuracy with so many images is above that with the largest number."""
        value = self.law.accuracy(images) - self.law.accuracy(self.largest)
        if not self.known:
            return Told(value)
        weights = 1 - (images / self.largest) ** -EXPONENTS
        return Told(value, *self._ends(value, (0.0, self.bounds[1]), 0.0, weights))

    def _ends(
        self, value: float, bounds: tuple[float, float], floor: float, drop: Floats
    ) -> tuple[float, float]:
        """The ends of floor · a + drop · b over all laws that are not ruled out; drop is (G,).

        Here a may be below 0: held at 0, intervals of a law with a = 0 held the truth in 91 %.
        """
        slopes = self.powers / drop  # (P, G) of b, once it is told by a and the value
        ones = self.ones[:, None] - floor * slopes
        for _ in range(2):  # coarse, then fine where the ends are
            values = np.append(np.linspace(*bounds, VALUES), value)
            wanted = self.errors[:, None, None] - slopes[:, :, None] * values  # (P, G, V)
            fitted = (ones[:, :, None] * wanted).sum(axis=0) / (ones * ones).sum(axis=0)[:, None]
            if floor:
                fitted = np.minimum(fitted, values / floor)  # beyond it b would be negative
            misfit = ((wanted - ones[:, :, None] * fitted) ** 2).sum(axis=0).min(axis=0)
            inside = np.append(values[misfit <= misfit.min() + self.beyond], value)
            step = (bounds[1] - bounds[0]) / (VALUES - 1)
            low, high = float(inside.min()), float(inside.max())
            bounds = max(bounds[0], low - step), min(bounds[1], high + step)
        return low, high


def _least(errors: Floats, ones: Floats, powers: Floats) -> tuple[Floats, Floats, Floats]:
    """For each exponent the a and b, not negative, that fit best, and how badly; all (G,)."""
    aa, bb, ab = ones @ ones, (powers * powers).sum(axis=0), ones @ powers
    ay, by = ones @ errors, errors @ powers
    inner = aa * bb - ab * ab
    nothing = np.zeros_like(bb)
    candidates = np.array(
        [
            [(ay * bb - by * ab) / inner, (by * aa - ay * ab) / inner],
            [nothing, np.maximum(by / bb, 0.0)],
            [np.full_like(bb, max(ay / aa, 0.0)), nothing],
        ]
    )  # (3, 2, G)
    floor, drop = candidates[:, 0], candidates[:, 1]
    left = errors[:, None, None] - ones[:, None, None] * floor - powers[:, None, :] * drop
    misfit = (left * left).sum(axis=0)  # (3, G)
    misfit[(floor < 0) | (drop < 0)] = np.inf
    chosen = misfit.argmin(axis=0), np.arange(len(bb))
    return floor[chosen], drop[chosen], misfit[chosen]


def _covariance(points: Sequence[Point], level: float) -> Floats:
    """How the errors of the points vary together, over images and seeds, shape (P, P).

    A few images of a kind are added before, as in `crossed`: two right and two wrong ones to each
    point, and one that it alone has right. Seeds are taken as independent between points. What is
    peculiar to a seed on an image is in both parts; taken out of one, intervals of the gain held
    the truth in as few as 89 % of simulations, left in both in 94 % and more.
    """
    means = np.stack([np.append(point.right.mean(axis=0), ADDED_TO_ONE) for point in points])
    n = means.shape[1]
    images = np.cov(means, bias=True) / n + np.eye(len(points)) / n**2
    freedom = sum(len(point.by_seed) - 1 for point in points)
    if not freedom:
        return np.asarray(images)
    chance = np.array([row.mean() * (1 - row.mean()) for row in means])  # what seeds scale with
    squares = [((point.by_seed - point.accuracy) ** 2).sum() for point in points]
    widened = (t_quantile(level, freedom) / t_quantile(level)) ** 2
    counts = np.array([len(point.by_seed) for point in points])
    seeds = widened * float((squares / chance).sum()) / freedom * chance / counts
    return np.asarray(images + np.diag(seeds))
