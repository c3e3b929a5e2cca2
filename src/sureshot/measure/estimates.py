"""What is known of a number: its value, and the interval at any level of confidence.

Estimate   a score, a difference or a ratio, with the uncertainty that images and seeds bring
Share      the share of images that one trained model has right
Gap        that of one trained model less that of another, on the same images
Exact      a number without uncertainty, such as that of parameters
Closest    the least or the greatest of several such numbers
Unknown    a number of which no interval can be given, and why

All have `value` and `interval(level)`, so that `deciding` and `more` take any of them. Intervals of
a Gap, and of a Share on which a verdict stands, are exact: no side is missed more often than
promised. Those of an Estimate are approximate: benchmarks/coverage.py says how often they miss.
"""

from dataclasses import dataclass
from math import cbrt, exp, inf, log, sqrt

from sureshot.measure.exact import clopper_pearson
from sureshot.measure.intervals import LEVEL, wilson
from sureshot.measure.paired import least_lead, reach
from sureshot.measure.student import t_quantile

Interval = tuple[float, float]

LARGEST = 700.0  # whose exponential is still a number
SYMMETRIC = 1e-6  # a skewness below this moves no printed digit, and would only cancel


@dataclass(frozen=True)
class Part:
    """One source of chance: the variance that it gives to the estimate, and how well known."""

    variance: float = 0.0
    freedom: float = inf  # degrees of freedom of that variance

    def square(self, level: float) -> float:
        """Half the width of the interval that this source alone would give, squared."""
        return t_quantile(level, self.freedom) ** 2 * self.variance if self.variance else 0.0


@dataclass(frozen=True)
class Limits:
    """Where an interval has to end, and by how much chance alone may have moved its centre."""

    least: float = -inf  # the range of the score
    most: float = inf
    raised: float = 0.0  # at most that much above the truth, on the scale of the centre
    lowered: float = 0.0  # at most that much below it


@dataclass(frozen=True)
class Estimate:
    """A number with what images and seeds do to it; on a logarithmic scale where it is a ratio.

    Images and seeds are crossed: every seed's model sees every image. What is peculiar to a
    seed on an image is in the variance between images and in that between seeds, so it is
    taken out once. The sources are joined so that each keeps its own t quantile.
    """

    value: float
    centre: float  # what the interval is built around: the value, less the bias that is known
    n: int  # images; 0 for scores that have none, such as minutes
    seeds: tuple[int, ...]  # of each recipe; () where the estimate is about these trained models
    images: Part = Part()  # between images
    between_seeds: Part = Part()
    shared: Part = Part()  # counted in both
    skew: float = 0.0  # of the estimate, where that is known to matter
    limits: Limits = Limits()
    ratio: bool = False

    @property
    def error(self) -> float:
        """The standard error of the centre."""
        seeds = max(self.between_seeds.variance - self.shared.variance, 0.0)
        return sqrt(self.images.variance + seeds)

    def half(self, level: float = LEVEL, images: float = 1.0, seeds: float = 1.0) -> float:
        """Half the width of the interval with that many times the images and the seeds.

        Each source has its own interval, and their squares are added, as in `intervals.combined`
        (MOVER, Zou & Donner 2008). One t quantile for the whole, with Satterthwaite's degrees of
        freedom, held the truth in 87 % of simulations with two seeds and 92 % with three.
        """
        parts = self._parts(images, seeds)
        of_images, of_seeds, of_both = (part.square(level) for part in parts)
        return sqrt(of_images + max(of_seeds - of_both, 0.0))

    def _parts(self, images: float, seeds: float) -> tuple[Part, Part, Part]:
        """The sources as they would be with that many times the images and the seeds."""
        rows, runs, both = self.images, self.between_seeds, self.shared
        fewer_runs = min(both.variance, rows.variance) * (1 - 1 / seeds)
        fewer_rows = min(both.variance, runs.variance) * (1 - 1 / images)
        return (
            Part((rows.variance - fewer_runs) / images, rows.freedom * images),
            Part((runs.variance - fewer_rows) / seeds, (runs.freedom + 1) * seeds - 1),
            Part(both.variance / images / seeds, both.freedom * images * seeds),
        )

    def interval(self, level: float = LEVEL) -> Interval:
        """The interval that holds the truth in `level` of samples, always with the value in it."""
        reach, limits = self.half(level) / self.error, self.limits
        low = self.centre - self.error * self._unskewed(reach) - limits.raised
        high = self.centre - self.error * self._unskewed(-reach) + limits.lowered
        if self.ratio:
            low, high = exp(low), exp(high) if high < LARGEST else inf
        return max(limits.least, min(low, self.value)), min(limits.most, max(high, self.value))

    def distance(self, threshold: float) -> float:
        """How far the value lies from a threshold, on the scale of the interval."""
        if not self.ratio:
            return abs(self.value - threshold)
        return abs(log(self.value / threshold)) if 0 < threshold < inf else inf

    def _unskewed(self, reach: float) -> float:
        """Standard errors below the centre at which the skewed estimate is as unlikely.

        Source: the cubic transformation of Hall 1992, J. R. Statist. Soc. B 54 (1).
        """
        k = self.skew
        if abs(k) < SYMMETRIC:
            return reach
        return 3 / k * (cbrt(1 + k * (reach - k / 6)) - 1)


@dataclass(frozen=True)
class Share:
    """How many of n images one trained model has right."""

    right: int
    n: int
    decides: bool = False  # whether a verdict stands on its interval

    @property
    def value(self) -> float:
        """From 0 to 1."""
        return self.right / self.n

    def interval(self, level: float = LEVEL) -> Interval:
        """Wilson's interval where it is shown, Clopper and Pearson's where a verdict stands on it.

        Wilson's holds its level in the mean over shares, the other one for each of them.
        """
        if self.decides:
            return clopper_pearson(self.right, self.n, level)
        return wilson(self.right, self.n, level)

    def reach(self, bound: float, images: float, level: float = LEVEL) -> float:
        """About how far from a bound it must lie on so many images to be told from it.

        Wilson's interval ends where the score test of the bound has just this level; the one on
        which a verdict stands is wider by about half an image on each side.
        """
        half = 0.5 / images if self.decides else 0.0
        return t_quantile(level) * sqrt(bound * (1 - bound) / images) + half


@dataclass(frozen=True)
class Gap:
    """How many of n images only the first of two trained models has right, and only the second."""

    gained: int
    lost: int
    n: int

    @property
    def value(self) -> float:
        """From -1 to 1."""
        return (self.gained - self.lost) / self.n

    def interval(self, level: float = LEVEL) -> Interval:
        """Exact on each side; 0 lies outside of it where McNemar's exact test says so."""
        tail = (1 - level) / 2
        low = least_lead(self.gained, self.lost, self.n, tail)
        return low, -least_lead(self.lost, self.gained, self.n, tail)

    def reach(self, bound: float, images: float, level: float = LEVEL) -> float:
        """About how far from a bound it must lie on so many images to be told from it."""
        differing = (self.gained + self.lost + 1) / (self.n + 1)  # none was seen, or all: no proof
        return reach(bound, differing, images, level)


@dataclass(frozen=True)
class Exact:
    """A number that would be the same on other images and with other seeds."""

    value: float

    def interval(self, level: float = LEVEL) -> Interval:
        """The number itself, twice."""
        return self.value, self.value


Single = Estimate | Share | Gap | Exact


@dataclass(frozen=True)
class Closest:
    """The least of several numbers, or the greatest: a bound on it is one on each of them."""

    each: tuple[Single, ...]
    least: bool = True

    @property
    def nearest(self) -> Single:
        """The number that is the least or the greatest."""
        return (min if self.least else max)(self.each, key=lambda one: one.value)

    @property
    def value(self) -> float:
        """The least or the greatest."""
        return self.nearest.value

    def strict(self, level: float) -> float:
        """The level at which any single one of the numbers may be held against all of them."""
        return 1 - (1 - level) / len(self.each)

    def interval(self, level: float = LEVEL) -> Interval:
        """From the least lower end to the least upper one, or the same of the greatest.

        That all are above a bound takes no correction, for the least of them has to be, and
        that is one alone (intersection-union: Berger 1982, Technometrics 24 (4)). That one of
        them is below takes Bonferroni's, for each has its chance of seeming so.
        """
        ends = [one.interval(level) for one in self.each]
        strict = [one.interval(self.strict(level)) for one in self.each]
        if self.least:
            return min(low for low, _ in ends), min(high for _, high in strict)
        return max(low for low, _ in strict), max(high for _, high in ends)


@dataclass(frozen=True)
class Unknown:
    """A number of which no interval can be given."""

    value: float  # NaN where not even that is defined
    reason: str  # a sentence without its full stop: why, and what to do

    def interval(self, level: float = LEVEL) -> None:
        """None at every level."""


Measured = Single | Closest | Unknown
