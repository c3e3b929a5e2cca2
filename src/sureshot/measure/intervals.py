"""Intervals: how far a number may lie from the truth, given the images that it stands on.

Shapes: `N` images, `M` numbers measured on them at once, `K` classes.

wilson      a share of images: k of n
bootstrap   anything else that can be computed from the images, by drawing them again
combined    a weighted sum of shares that each have an interval
paired_difference    the difference of two shares measured on the same images
"""

from collections.abc import Callable
from statistics import NormalDist  # SciPy's ndtri to 5e-16, without its import of 0.1 s
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from sureshot import seeds
from sureshot.errors import UsageError
from sureshot.records import Score

Floats = NDArray[np.float64]

LEVEL = 0.95  # share of intervals that hold the truth; convention of the field, as in records.Score
RESAMPLES = 1_000  # cited: Efron & Tibshirani 1993 ask for about 1,000 for percentile intervals


@overload
def wilson(successes: int, n: int, level: float = LEVEL) -> tuple[float, float]: ...
@overload
def wilson(
    successes: NDArray[Any], n: NDArray[Any] | int, level: float = LEVEL
) -> tuple[Floats, Floats]: ...
def wilson(
    successes: int | NDArray[Any], n: int | NDArray[Any], level: float = LEVEL
) -> tuple[float, float] | tuple[Floats, Floats]:
    """Wilson's score interval of a share: `successes` of `n`, numbers or arrays of one shape.

    Never empty and never outside 0 to 1, also where all or none succeed. UsageError where n is
    0: a share of nothing is undefined.
    Source: Wilson 1927, J. Am. Stat. Assoc. 22 (158), without continuity correction.
    """
    k, total = np.asarray(successes, np.float64), np.asarray(n, np.float64)
    if not np.all(total >= 1):
        raise UsageError(f"n must be at least 1, got {total.min():g}; nothing was counted")
    if not np.all((k >= 0) & (k <= total)):
        raise UsageError(f"successes must be between 0 and n, got {successes} of {n}")
    share, z2 = k / total, _normal(level) ** 2
    middle = share + z2 / (2 * total)
    half = np.sqrt(z2 * (share * (1 - share) + z2 / (4 * total)) / total)
    low = np.where(k == 0, 0.0, (middle - half) / (1 + z2 / total))  # exact where rounding is not
    high = np.where(k == total, 1.0, (middle + half) / (1 + z2 / total))
    return (float(low), float(high)) if low.ndim == 0 else (low, high)


def bootstrap(
    statistic: Callable[[NDArray[np.int64]], Floats],
    n: int,
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = seeds.DEFAULT_SEED,
) -> tuple[Floats, Floats]:
    """Percentile intervals, low and high of shape (M,), of what `statistic` computes from n images.

    `statistic` is told how often each image was drawn, shape (N,), in all n, and answers with M
    numbers; so one pass serves all of them, and memory stays at one resample. NaN says that a
    number is undefined for this draw; that draw does not count for it. The same arguments give
    the same bits. From one image, and from images that are all alike, the interval has no width.
    Source: Efron 1979, Ann. Statist. 7 (1).
    """
    if n < 1 or resamples < 1:
        raise UsageError(f"n and resamples must be at least 1, got {n} and {resamples}")
    tail = (1 - _checked(level)) / 2
    random = seeds.generator("bootstrap", seed)
    draws = np.stack(
        [
            statistic(np.bincount(random.integers(0, n, size=n), minlength=n))
            for _ in range(resamples)
        ]
    )  # (resamples, M)
    bounds = np.full((2, draws.shape[1]), np.nan)
    defined = ~np.isnan(draws).all(axis=0)
    bounds[:, defined] = np.nanquantile(draws[:, defined], [tail, 1 - tail], axis=0)
    return bounds[0], bounds[1]


def combined(weights: Floats, values: Floats, low: Floats, high: Floats) -> tuple[float, float]:
    """The interval of `weights @ values` from the interval of each value; all of shape (K,).

    It takes the values as independent of one another.
    Source: MOVER, Zou & Donner 2008, Statist. Med. 27 (10).
    """
    value = np.sum(weights * values)
    below = np.sqrt(np.sum((weights * (values - low)) ** 2))
    above = np.sqrt(np.sum((weights * (high - values)) ** 2))
    return float(value - below), float(value + above)


def paired_difference(
    before: NDArray[np.bool_], after: NDArray[np.bool_], level: float = LEVEL
) -> Score:
    """Share of `after` minus share of `before`, both of shape (N,) on the same images.

    Only images on which the two differ count; one of each kind is added, so that the interval has
    a width also where none does. UsageError where N is 0 or the shapes differ.
    Source: Bonett & Price 2012, J. Educ. Behav. Stat. 37 (4), adjusted Wald interval.
    """
    if before.shape != after.shape or not len(before):
        raise UsageError(
            f"a paired difference needs the same images twice, got {len(before)} and {len(after)}"
        )
    n = len(before)
    gained, lost = int((after & ~before).sum()), int((before & ~after).sum())
    up, down = (gained + 1) / (n + 2), (lost + 1) / (n + 2)
    half = _normal(level) * float(np.sqrt((up + down - (up - down) ** 2) / (n + 2)))
    value = (gained - lost) / n
    return Score(
        value=value,
        low=min(max(up - down - half, -1.0), value),
        high=max(min(up - down + half, 1.0), value),
        n=n,
        method="Bonett-Price",
    )


def _normal(level: float) -> float:
    """How many standard deviations on both sides hold `level` of a normal distribution."""
    return NormalDist().inv_cdf((1 + _checked(level)) / 2)


def _checked(level: float) -> float:
    if not 0 < level < 1:
        raise UsageError(f"level must be between 0 and 1, got {level}; 0.95 is the custom")
    return level
