"""Every pair of contenders: who leads by how much, is that sure, and which images flipped."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sureshot.comparison.contest import Contest
from sureshot.comparison.flips import Flips, flips
from sureshot.comparison.leaderboard import SCORE
from sureshot.comparison.numbers import Number, leads
from sureshot.measure.paired import mcnemar

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Duel:
    """One pair, the better first."""

    of: str
    against: str
    lead: Number  # in accuracy, with an interval corrected for all pairs (Holm)
    flips: Flips
    p: float | None  # McNemar's exact test, two-sided, of this pair alone; None: several seeds

    @property
    def sure(self) -> bool:
        """Whether the better one is really better."""
        return self.lead.known and self.lead.low > 0


def duels(contest: Contest, order: Sequence[str]) -> list[Duel]:
    """All pairs of the contenders named, the best first."""
    found = []
    for (of, against), lead in leads(contest, SCORE, order).items():
        turned = flips(contest, of, against)
        single = len(contest[of].runs) == len(contest[against].runs) == 1
        p = mcnemar(len(turned.gained), len(turned.lost)) if single else None
        found.append(Duel(of, against, lead, turned, p))
    return found


def duel_table(told: Sequence[Duel]) -> "pd.DataFrame":
    """One row a pair, as pandas has it."""
    import pandas as pd

    rows = [
        {
            "better": one.of,
            "than": one.against,
            "by": one.lead.value,
            "low": one.lead.low,
            "high": one.lead.high,
            "sure": one.sure,
            "about": one.lead.about,
            "only_first_right": len(one.flips.gained),
            "only_second_right": len(one.flips.lost),
            "mcnemar_p": one.p,
            "n": one.flips.n,
        }
        for one in told
    ]
    return pd.DataFrame(rows)
