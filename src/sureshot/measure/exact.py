"""The interval of a share whose promise holds for every share and every number of images.

Wilson's interval holds its level in the mean over shares. Where few images are wrong, or few right,
it misses on one side in up to 16 % instead of 2.5 % (benchmarks/coverage.py). So it shows scores,
and verdicts stand on this one.
"""

from functools import lru_cache
from math import exp, lgamma, log, log1p

import numpy as np

from sureshot.errors import UsageError
from sureshot.measure.intervals import LEVEL

ROUNDS = 100  # Newton needs five to fifteen


def clopper_pearson(successes: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """The exact interval of a share: on each side it misses in at most half of 1 - level.

    UsageError where nothing was counted, or the level is not between 0 and 1.
    Source: Clopper & Pearson 1934, Biometrika 26 (4).
    """
    if not 0 < level < 1:
        raise UsageError(f"level must be between 0 and 1, got {level}; 0.95 is the custom")
    if n < 1 or not 0 <= successes <= n:
        raise UsageError(f"successes must be between 0 and n, got {successes} of {n}")
    tail = (1 - level) / 2
    return lower_end(successes, n, tail), 1 - lower_end(n - successes, n, tail)


@lru_cache(maxsize=4096)
def lower_end(k: int, n: int, tail: float) -> float:
    """The share at which k or more of n have this probability: below it they have less.

    The logarithm of that probability is concave in the share's own, so Newton's method arrives
    from below and never steps over.
    """
    if k in (0, n):
        return 0.0 if k == 0 else tail ** (1 / n)
    ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    further = np.arange(k, n)
    steps = (n - further) / (further + 1)
    place = log(k / n)  # of p, on a logarithmic scale
    for _ in range(ROUNDS):
        p = exp(place)
        beyond = 1 + float(np.cumprod(steps * (p / (1 - p))).sum())  # over the chance of k itself
        step = (log(tail) - ways - k * place - (n - k) * log1p(-p) - log(beyond)) * beyond / k
        place += step
        if abs(step) < 1e-14:
            break
    return exp(place)
