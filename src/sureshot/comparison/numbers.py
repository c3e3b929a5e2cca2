"""Scores of contenders, their differences and ratios, with what is known of each.

The statistics are `measure`'s; here contenders meet them. A number is about the recipes, on other
images and with other seeds, or about these trained models, on other images only:

    measured(contest, asked, "images and seeds")             a claim about recipes
    measured(contest.first_seeds, asked, "images")           a claim about one trained model of each
    measured(contest, replace(asked, against=OTHERS), over)  "X is the best": against every other

The last is a number like any other, so that `p_value`, `decide`, `holm`, `more` and `number` take
it: X minus whichever other comes nearest to it. Its lower end is the least of all lower ends, each
at the full level, and so its p value is the largest over the others (intersection-union test:
Berger 1982, Technometrics 24 (4)); its upper end, which refutes, is corrected for their number.
`Number.nearest` names the other that comes nearest. Where lower scores are better, the bound has
to be `at_most` and everything is mirrored. Only differences are asked against others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from sureshot.comparison.contest import Contender, Contest
from sureshot.comparison.kinds import KINDS, Way
from sureshot.measure import contributions as contributing
from sureshot.measure import crossed
from sureshot.measure.contributions import Contributions
from sureshot.measure.crossed import Over
from sureshot.measure.deciding import Bounds, p_value
from sureshot.measure.estimates import (
    Closest,
    Estimate,
    Exact,
    Gap,
    Measured,
    Share,
    Single,
    Unknown,
)
from sureshot.measure.intervals import LEVEL
from sureshot.measure.several import holm

OTHERS = "others"  # in place of a contender's name: every other one
_NAMES = {  # as `measure` calls them
    "macro_f1": "f1_macro",
    "macro_precision": "precision_macro",
    "macro_recall": "recall_macro",
}


@dataclass(frozen=True)
class Asked:
    """A score of one contender, or of two, or of one against all others."""

    score: str
    of: str
    against: str | None = None  # a contender, or OTHERS
    way: Way = "value"
    class_: str | None = None


@dataclass(frozen=True)
class Number:
    """A number with its interval, and what it stands on."""

    value: float
    low: float  # NaN where there is no interval
    high: float
    level: float  # of the interval
    n: int  # images; 0 where the score has none
    seeds: int  # the fewest of the contenders
    recipes: bool  # whether it is about recipes, or else about these trained models
    why: str = ""  # there is no interval
    nearest: str = ""  # which of the others, where it is against all of them

    @property
    def known(self) -> bool:
        """Whether there is an interval."""
        return not np.isnan(self.low)

    @property
    def about(self) -> str:
        """What it is about, in words."""
        return "recipes" if self.recipes else "trained models"

    @property
    def confidence(self) -> str:
        """ " with 97.5 % confidence", as words behind an interval; "" at the usual level."""
        return "" if self.level == LEVEL else f" with {100 * self.level:.3g} % confidence"


def usual(contest: Contest) -> Over:
    """What all of these contenders can be compared about: recipes, if each has seeds enough."""
    fewest = min(len(one.runs) for one in contest.contenders)
    return "images and seeds" if fewest > 1 else "images"


def measured(contest: Contest, asked: Asked, over: Over | None = None) -> Measured:
    """What `measure` knows of it.

    `over` says what a verdict is about. Without it the number is only shown, and is about what
    all contenders can be compared about.
    """
    if asked.against == OTHERS:
        return _against_others(contest, asked, over)
    ones = _asked(contest, asked)
    if not KINDS[asked.score].of_images:
        return _fact(asked, ones)
    about = over or usual(contest)
    parts = [contributions(contest, one, asked.score, asked.class_) for one in ones]
    if asked.way == "value":
        found = crossed.one(parts[0], about)
        return replace(found, decides=over is not None) if isinstance(found, Share) else found
    both = crossed.difference if asked.way == "difference" else crossed.ratio
    return both(parts[0], parts[1], about)


def _against_others(contest: Contest, asked: Asked, over: Over | None) -> Measured:
    """The lead over the nearest of all others; unknown where one of them is."""
    found = [
        measured(contest, replace(asked, against=other), over) for other in _others(contest, asked)
    ]
    known = [one for one in found if isinstance(one, Single)]
    if len(known) < len(found) or not found:
        why = next((one.reason for one in found if isinstance(one, Unknown)), ALONE)
        return Unknown(float("nan"), why)
    return Closest(tuple(known), least=not KINDS[asked.score].lower_is_better)


ALONE = "there is no other recipe to compare with; add one"


def _others(contest: Contest, asked: Asked) -> list[str]:
    return [one.name for one in contest.contenders if one.name != asked.of]


def contributions(
    contest: Contest, one: Contender, score: str, class_: str | None = None
) -> Contributions:
    """What each image contributes to a score, by seed."""
    number = None if class_ is None else contest.classes.index(class_)
    return contributing.contributions(_NAMES.get(score, score), contest.label, one.logits, number)


def number(contest: Contest, asked: Asked, found: Measured, level: float = LEVEL) -> Number:
    """The number as it is shown, with its interval at a level."""
    interval = found.interval(level)
    low, high = (float("nan"),) * 2 if interval is None else interval
    seeds = min(len(one.runs) for one in _asked(contest, asked))
    of_images = KINDS[asked.score].of_images
    n = int((contest.label == contest.classes.index(asked.class_)).sum()) if asked.class_ else 0
    return Number(
        value=found.value,
        low=low,
        high=high,
        level=level,
        n=(n or contest.n) if of_images else 0,
        seeds=seeds,
        recipes=_of_recipes(found, seeds),
        why=getattr(found, "reason", ""),
        nearest=_nearest(contest, asked, found),
    )


def _of_recipes(found: Measured, seeds: int) -> bool:
    """Whether a number is about recipes; where it cannot tell, the seeds decide."""
    if isinstance(found, Closest):
        return _of_recipes(found.nearest, seeds)
    if isinstance(found, Estimate):
        return bool(found.seeds)
    return not isinstance(found, Share | Gap) and seeds > 1


def _nearest(contest: Contest, asked: Asked, found: Measured) -> str:
    if not isinstance(found, Closest):
        return ""
    return _others(contest, asked)[found.each.index(found.nearest)]


def estimate(contest: Contest, score: str, of: str) -> Number:
    """A score of one contender at the usual level."""
    asked = Asked(score, of)
    return number(contest, asked, measured(contest, asked))


def leads(contest: Contest, score: str, order: Sequence[str]) -> dict[tuple[str, str], Number]:
    """By how much each contender is above each that comes after it, all corrected together.

    All pairs are, for it was the data that put them into this order (Holm).
    """
    pairs = list(combinations(order, 2))
    asked = [Asked(score, of, against, "difference") for of, against in pairs]
    found = [measured(contest, one) for one in asked]
    corrected = holm([p_value(one, Bounds(at_least=0.0)) for one in found])
    return {
        pair: number(contest, one, told, right.level)
        for pair, one, told, right in zip(pairs, asked, found, corrected, strict=True)
    }


def _asked(contest: Contest, asked: Asked) -> list[Contender]:
    against = _others(contest, asked) if asked.against == OTHERS else [asked.against]
    return [contest[name] for name in (asked.of, *against) if name is not None]


def _fact(asked: Asked, ones: Sequence[Contender]) -> Measured:
    """A score that has no images: exact where it cannot vary, else over the seeds."""
    values = [one.facts(asked.score) for one in ones]
    if asked.score == "parameters" and all(not np.ptp(each) for each in values):
        means = [float(each.mean()) for each in values]
        if asked.way == "value":
            return Exact(means[0])
        return Exact(means[0] - means[1] if asked.way == "difference" else means[0] / means[1])
    plain = [[float(value) for value in each] for each in values]
    if asked.way == "value":
        return crossed.over_seeds(plain[0])
    if asked.way == "difference":
        return crossed.over_seeds(plain[0], minus=plain[1])
    return crossed.over_seeds(plain[0], over=plain[1])
