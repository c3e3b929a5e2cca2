"""Several claims at once: the more that are tested, the more hold by luck."""

from collections.abc import Sequence
from dataclasses import dataclass

from sureshot.measure.intervals import LEVEL


@dataclass(frozen=True)
class Corrected:
    """One claim among several."""

    p: float  # adjusted: below 1 - level where the claim is decided
    level: float  # at which its own interval decides as the adjusted p does


def holm(p_values: Sequence[float], level: float = LEVEL) -> tuple[Corrected, ...]:
    """Each claim's adjusted p and level, so that with `level` no verdict among all is wrong.

    The least p is held against 1 - level shared by all claims, the next against it shared by
    one fewer, and so on until one fails: it and all after it are undecided, and are shown at
    the level at which it failed. These are the levels of the verdicts; at them the intervals
    do not hold all truths together.
    Source: Holm 1979, Scand. J. Statist. 6 (2); valid however the claims depend on one another.
    """
    corrected: dict[int, Corrected] = {}
    greatest, sharing = 0.0, len(p_values)
    for rank, claim in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if greatest <= 1 - level:
            sharing = len(p_values) - rank
        greatest = max(greatest, min(1.0, (len(p_values) - rank) * p_values[claim]))
        corrected[claim] = Corrected(greatest, 1 - (1 - level) / sharing)
    return tuple(corrected[claim] for claim in range(len(p_values)))
