"""Several claims at once: the more that are tested, the more hold by luck."""

from collections.abc import Sequence
from dataclasses import dataclass

from sureshot.measure.intervals import LEVEL


@dataclass(frozen=True)
class Corrected:
    """One claim among several."""

    p: float  # two-sided and adjusted: below 1 - level where the claim is decided
    level: float  # at which its own interval decides as the adjusted p does


def holm(p_values: Sequence[float], level: float = LEVEL) -> tuple[Corrected, ...]:
    """Each claim's adjusted p and level from its two-sided p (`deciding.p_value`).

    The least p is held against 1 - level shared by all claims, the next against it shared by
    one fewer, and so on until one fails: it and all after it are undecided, and are shown at
    the level at which it failed. These are the levels of the verdicts; at them the intervals
    do not hold all truths together.

    Holm's steps (1979, Scand. J. Statist. 6 (2)) hold for "these two are equal" however the
    tests depend on one another. A verdict also has a direction, and for that the proof wants
    independent claims (Shaffer 1980, Ann. Statist. 8 (6)), which claims about the same images are
    not. So no claim's share is ever more than twice an equal one: a claim with one bound can only
    be decided wrongly on one side, with half its share, and the halves of all add up to at most
    1 - level. The same goes for two bounds that lie a standard error apart or more.
    """
    corrected: dict[int, Corrected] = {}
    greatest, shown = 0.0, 1.0
    for rank, claim in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        share = min(1 / (len(p_values) - rank), 2 / len(p_values))
        if greatest <= 1 - level:
            shown = share
        greatest = max(greatest, min(1.0, p_values[claim] / share))
        corrected[claim] = Corrected(greatest, 1 - (1 - level) * shown)
    return tuple(corrected[claim] for claim in range(len(p_values)))
