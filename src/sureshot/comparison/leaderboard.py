"""The leaderboard: every contender with spread and interval, and whether it is really behind.

Shapes: `S` seeds of one contender.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from sureshot.comparison.contest import Contender, Contest, Floats
from sureshot.comparison.kinds import KINDS
from sureshot.comparison.numbers import Number, estimate, leads

if TYPE_CHECKING:
    import pandas as pd

SCORE = "accuracy"  # what the board is sorted by
Really = Literal["leader", "behind", "not sure", "not known"]


@dataclass(frozen=True, eq=False)
class Standing:
    """One contender's row."""

    name: str
    accuracy: Number
    by_seed: Floats  # (S,) the accuracy of each run
    macro_f1: float  # mean over seeds
    parameters: float
    minutes: float  # of training, mean over seeds
    ms_per_image: float  # one image alone, mean over seeds
    images_per_second: float
    size: float  # bytes of the bundle
    gap: Number | None  # the leader's accuracy minus its own; None for the leader itself
    really: Really
    tries: int = 0  # of a search that its recipe is the best of; 0 where a person wrote it

    @property
    def spread(self) -> float:
        """The standard deviation over seeds; NaN for one seed."""
        return float(np.std(self.by_seed, ddof=1)) if len(self.by_seed) > 1 else float("nan")

    @property
    def sure(self) -> str:
        """The column "really better?", in words: about the leader against this row."""
        if self.gap is None:
            return "leads"
        if not self.gap.known:
            return f"not known: {self.gap.why}"
        kind = KINDS[SCORE]
        value = kind.told(self.gap.value, "difference")
        ends = kind.between(self.gap.low, self.gap.high, "difference") + self.gap.confidence
        return f"{'yes' if self.really == 'behind' else 'not sure'}: by {value} ({ends})"


def leaderboard(contest: Contest) -> list[Standing]:
    """Every contender, the best accuracy first.

    "behind" means that the interval of the leader's lead lies above zero. The leader is chosen on
    the same images, which flatters it: so all pairs are corrected together (Holm), as in `duels`.
    """
    order = sorted(contest.contenders, key=lambda one: -_accuracy(contest, one).mean())
    gaps = leads(contest, SCORE, [one.name for one in order])
    return [_standing(contest, one, gaps.get((order[0].name, one.name))) for one in order]


def _standing(contest: Contest, one: Contender, gap: Number | None) -> Standing:
    really: Really = "leader"
    if gap is not None:
        really = "not known" if not gap.known else "behind" if gap.low > 0 else "not sure"
    facts = {
        name: float(one.facts(name).mean())
        for name in ("parameters", "minutes", "ms_per_image", "images_per_second")
    }
    return Standing(
        name=one.name,
        accuracy=estimate(contest, SCORE, one.name),
        by_seed=_accuracy(contest, one),
        macro_f1=estimate(contest, "macro_f1", one.name).value,
        size=one.size,
        gap=gap,
        really=really,
        tries=one.tries,
        **facts,
    )


def _accuracy(contest: Contest, one: Contender) -> Floats:
    return np.asarray((one.top == contest.label).mean(axis=1), np.float64)


def one_seed_in_words(standings: Sequence[Standing]) -> str:
    """Why a leaderboard is about trained models, and not about their recipes."""
    one = sum(len(standing.by_seed) == 1 for standing in standings)
    recipes = "" if one == len(standings) else f" of {one:,} recipe{'s' if one > 1 else ''}"
    return f"with one seed{recipes} nobody can say how the same recipes would do with others"


def tries_in_words(tries: int) -> str:
    """What stands beside a recipe's name: "best of 30 tries"; "" where a person wrote it."""
    return f"best of {tries:,} tr{'y' if tries == 1 else 'ies'}" if tries else ""


def table(standings: Sequence[Standing]) -> "pd.DataFrame":
    """The leaderboard as pandas has it: plain numbers, shares between 0 and 1."""
    import pandas as pd

    rows = [
        {
            "recipe": one.name,
            "tries": one.tries,
            "accuracy": one.accuracy.value,
            "spread": one.spread,
            "low": one.accuracy.low,
            "high": one.accuracy.high,
            "about": one.accuracy.about,
            "n": one.accuracy.n,
            "seeds": len(one.by_seed),
            "macro_f1": one.macro_f1,
            "parameters": round(one.parameters),
            "minutes": one.minutes,
            "ms_per_image": one.ms_per_image,
            "images_per_second": one.images_per_second,
            "bytes": round(one.size),
            "behind_by": None if one.gap is None else one.gap.value,
            "behind_low": None if one.gap is None else one.gap.low,
            "behind_high": None if one.gap is None else one.gap.high,
            "really_better": one.sure,
        }
        for one in standings
    ]
    return pd.DataFrame(rows)
