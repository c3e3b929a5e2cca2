"""From an interval to a verdict: supported, refuted or undecided.

A claim is supported where the whole interval lies inside what it says, refuted where the whole
interval lies outside, and undecided otherwise. Equivalence within a margin is a claim between
minus the margin and the margin (two one-sided tests: Schuirmann 1987, J. Pharmacokin. Biopharm.
15 (6)). With an exact interval of 95 % a claim that is false is supported in at most 2.5 % of
samples, with an approximate one in about as many (`estimates` says which are exact).

Every p value is two-sided: 1 less the level at which the interval just decides.
"""

from dataclasses import dataclass
from math import inf, isnan
from statistics import NormalDist
from typing import Literal

from sureshot.errors import UsageError
from sureshot.measure.estimates import Gap, Interval, Measured
from sureshot.measure.paired import mcnemar

Verdict = Literal["supported", "refuted", "undecided"]

SUREST = 8.0  # standard deviations: no p value below 1e-15 is told from 0
HALVINGS = 50  # of the search for a p value, down to the last bit


@dataclass(frozen=True)
class Bounds:
    """What a claim says of a number: at least, at most, or both."""

    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        if not self.given or any(isnan(bound) for bound in self.given):
            raise UsageError(
                "a claim needs a number for at_least, at_most or both, "
                f"got {self.at_least} and {self.at_most}"
            )
        if self.low > self.high:
            raise UsageError(
                f"at_least must not be above at_most, got {self.at_least} and {self.at_most}"
            )

    @property
    def given(self) -> list[float]:
        """The numbers that were given: one, or two."""
        return [bound for bound in (self.at_least, self.at_most) if bound is not None]

    @property
    def low(self) -> float:
        """The least number of which the claim is true."""
        return -inf if self.at_least is None else self.at_least

    @property
    def high(self) -> float:
        """The greatest number of which the claim is true."""
        return inf if self.at_most is None else self.at_most


def decide(interval: Interval | None, bounds: Bounds) -> Verdict:
    """The verdict of one interval; without one everything is undecided."""
    if interval is None:
        return "undecided"
    low, high = interval
    if bounds.low <= low and high <= bounds.high:
        return "supported"
    return "refuted" if high < bounds.low or bounds.high < low else "undecided"


def p_value(measured: Measured, bounds: Bounds) -> float:
    """The two-sided p value of the verdict: 1 less the highest level whose interval decides.

    The verdict at 95 % is "undecided" exactly where it is above 0.05; it is 1 where no level
    decides. Whether one trained model is better than another is McNemar's exact test.
    """
    if isinstance(measured, Gap) and (bounds.low, bounds.high) in ((0, inf), (-inf, 0)):
        return mcnemar(measured.gained, measured.lost)
    least, most = 0.0, SUREST
    if decide(measured.interval(_level(most)), bounds) != "undecided":
        return 2 * NormalDist().cdf(-most)
    for _ in range(HALVINGS):
        middle = (least + most) / 2
        if decide(measured.interval(_level(middle)), bounds) == "undecided":
            most = middle
        else:
            least = middle
    return 2 * NormalDist().cdf(-least)


def _level(deviations: float) -> float:
    """The share of a normal distribution within so many standard deviations of its middle."""
    return 1 - 2 * NormalDist().cdf(-deviations)
