"""Two trained models on the same images: which are right where the other is wrong.

Of n images only the first model has `gained` right, only the second `lost`; so the first leads by
(gained - lost) / n, and the models differ on gained + lost.

Whether there is a lead at all does not depend on how many images differ: without one each of them
is won by either model with the same chance (McNemar 1947, Psychometrika 12 (2)). Whether the lead
is above any other number does, and what share of all images differs is not known. So of the shares
that these images leave possible the worst is taken (Berger & Boos 1994, J. Am. Stat. Assoc. 89
(427)): a small part of what may be missed is spent on the greatest such share, the rest on the
lead. An approximate interval (`intervals.paired_difference`) misses one side in up to 5.8 % of
samples of 100 images instead of 2.5 % (benchmarks/coverage.py).
"""

from collections.abc import Callable
from functools import lru_cache
from math import ceil, log, log2, sqrt

import numpy as np

from sureshot.measure.exact import lower_end
from sureshot.measure.student import t_quantile

SPENT = 0.05  # of what may be missed, on the share that differs; from 2 to 10 % widths are alike
UNEVEN = 2 / 3  # share that differs. Up to it a greater one makes every unlikely lead likelier, as
# the steps are log-concave; above it only the mean chance of two neighbouring leads
BESIDE = 1e-9  # a lead that is no 0, and far less than an image of any test set
ROUNDS, CLOSE = 100, 1e-11  # regula falsi needs six to twelve
WIDE, LEAST = 24, 64  # of a distribution: standard deviations, and places, that are computed


@lru_cache(maxsize=4096)
def mcnemar(gained: int, lost: int) -> float:
    """The exact two-sided p value of so many wins of each, in whole numbers to the end."""
    n, ways, sum_of_ways = gained + lost, 1, 0
    for k in range(min(gained, lost) + 1):
        sum_of_ways += ways
        ways = ways * (n - k) // (k + 1)
    return min(1.0, 2 * sum_of_ways / (1 << n))


@lru_cache(maxsize=1 << 14)
def least_lead(gained: int, lost: int, n: int, tail: float) -> float:
    """The lower end of (gained - lost) / n, from -1 to 1: it misses in at most `tail` of samples.

    It is above 0 exactly where McNemar's exact test says so.
    """
    lead = _least(gained, lost, n, tail)
    if gained > lost and mcnemar(gained, lost) <= 2 * tail:
        return max(lead, BESIDE)
    return min(lead, -BESIDE)


def reach(bound: float, differing: float, n: float, level: float) -> float:
    """About how far from a bound a lead on n images must lie for its interval to leave that out.

    `differing` is the share of images on which only one of the two models is right.
    """
    if bound == 0:
        return t_quantile(level) * sqrt(differing / n) + 1 / n  # of so many a win is two steps
    noise = t_quantile(1 - SPENT * (1 - level)) * sqrt(differing * (1 - differing) / n)
    worst = max(min(differing + noise, 1.0) - bound * bound, 0.0)
    return t_quantile(1 - (1 - SPENT) * (1 - level)) * sqrt(worst / n) + 0.5 / n


def _least(gained: int, lost: int, n: int, tail: float) -> float:
    """The lead at which as much as was seen, or more, has the probability that is left."""
    if lost == n:
        return -1.0
    most = 1 - lower_end(n - gained - lost, n, SPENT * tail)
    wanted = sqrt(-2 * log((1 - SPENT) * tail))

    def likely(lead: float) -> float:
        """Above 0 where what was seen is likelier than that; nearly straight in the lead."""
        seen = _log_chance(gained - lost, n, lead, most)
        if most > UNEVEN:  # so many differ that gained - lost is rather odd than even, or even
            seen = float(np.logaddexp(seen, _log_chance(gained - lost - 1, n, lead, most))) - log(2)
        return wanted - sqrt(-2 * min(seen, 0.0))

    return _crossing(likely, -most * (1 - BESIDE), (gained - lost) / n)


def _crossing(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a function rises above 0.

    Source: the Illinois rule of regula falsi, Dowell & Jarratt 1971, BIT 11 (2).
    """
    below, above = rising(low), rising(high)
    if below >= 0 or above <= 0:
        return low if below >= 0 else high
    last = 0.0
    for _ in range(ROUNDS):
        middle = low + (high - low) * below / (below - above)
        found = rising(middle)
        if abs(found) < CLOSE:
            return middle
        if found < 0:
            low, below, above = middle, found, above / (2 if last < 0 else 1)
        else:
            high, above, below = middle, found, below / (2 if last > 0 else 1)
        last = found
    return low


def _log_chance(ahead: int, n: int, lead: float, differing: float) -> float:
    """The logarithm of the chance that gained - lost is `ahead` or more, where `lead` is true.

    That is a sum of n steps of 1, -1 or 0. The steps are tilted until `ahead` is their mean, so
    that no digit is lost however small the chance, and the distribution of their sum is the
    Fourier transform of the n-th power of theirs.
    """
    up, down, stay, mean = (differing + lead) / 2, (differing - lead) / 2, 1 - differing, ahead / n
    if lead >= mean:
        return 0.0  # it is likelier than not, and no more is asked
    if ahead == n:
        return n * log(up)
    root = sqrt((mean * stay) ** 2 + 4 * up * down * (1 - mean * mean))
    if mean < 0:  # the same number twice, without cancellation
        tilt = 2 * down * (1 + mean) / (root - mean * stay)
    else:
        tilt = (root + mean * stay) / (2 * up * (1 - mean))
    up, down = up * tilt, down / tilt
    total = up + down + stay
    spread = sqrt(n * max((up + down) / total - mean * mean, 0.0))
    size = 2 ** ceil(log2(WIDE * spread + LEAST))
    turn = np.exp(2j * np.pi / size * np.arange(size // 2 + 1))
    step = (up * turn + down / turn + stay) / total * turn**-mean
    chances = np.fft.hfft(step**n, size)[: size // 2] / size  # of ahead, ahead + 1, …
    sum_of_chances = float(chances @ tilt ** -np.arange(size // 2))
    return n * log(total) - ahead * log(tilt) + log(sum_of_chances)
