"""Scores of contenders, their differences and ratios, with what is known of each.

The statistics are `measure`'s; here contenders meet them. Where each contender has several seeds,
a number is about the recipes, on other images and with other seeds; where one has a single run, it
is about these trained models, on other images.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sureshot.comparison.contest import Contender, Contest
from sureshot.comparison.kinds import KINDS, Way
from sureshot.measure import contributions as contributing
from sureshot.measure import crossed
from sureshot.measure.contributions import Contributions
from sureshot.measure.crossed import Over
from sureshot.measure.deciding import Bounds, p_value
from sureshot.measure.estimates import Exact, Measured
from sureshot.measure.several import holm

LEVEL = 0.95  # convention of the field, as in records.Score
_NAMES = {"macro_f1": "f1_macro"}  # as `measure` calls it


@dataclass(frozen=True)
class Asked:
    """A score of one contender, or of two."""

    score: str
    of: str
    against: str | None = None
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

    @property
    def known(self) -> bool:
        """Whether there is an interval."""
        return not np.isnan(self.low)


def about_recipes(contest: Contest, asked: Asked) -> bool:
    """Whether there are seeds enough to say something of the recipes themselves."""
    return min(len(one.runs) for one in _asked(contest, asked)) > 1


def measured(contest: Contest, asked: Asked, over: Over | None = None) -> Measured:
    """What `measure` knows of it; `over` says what it is about, otherwise the seeds decide that."""
    ones = _asked(contest, asked)
    if not KINDS[asked.score].of_images:
        return _fact(asked, ones)
    chosen: Over = over or ("images and seeds" if about_recipes(contest, asked) else "images")
    parts = [contributions(contest, one, asked.score, asked.class_) for one in ones]
    if asked.way == "value":
        return crossed.one(parts[0], chosen)
    both = crossed.difference if asked.way == "difference" else crossed.ratio
    return both(parts[0], parts[1], chosen)


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
    ones = _asked(contest, asked)
    of_images = KINDS[asked.score].of_images
    n = int((contest.label == contest.classes.index(asked.class_)).sum()) if asked.class_ else 0
    return Number(
        value=found.value,
        low=low,
        high=high,
        level=level,
        n=(n or contest.n) if of_images else 0,
        seeds=min(len(one.runs) for one in ones),
        recipes=about_recipes(contest, asked),
        why=getattr(found, "reason", ""),
    )


def estimate(contest: Contest, score: str, of: str) -> Number:
    """A score of one contender at the usual level."""
    asked = Asked(score, of)
    return number(contest, asked, measured(contest, asked))


def leads(contest: Contest, score: str, pairs: Sequence[tuple[str, str]]) -> list[Number]:
    """By how much the first of each pair is above the second, all corrected together (Holm)."""
    asked = [Asked(score, of, against, "difference") for of, against in pairs]
    found = [measured(contest, one) for one in asked]
    corrected = holm([p_value(one, Bounds(at_least=0.0)) for one in found])
    return [
        number(contest, one, told, right.level)
        for one, told, right in zip(asked, found, corrected, strict=True)
    ]


def _asked(contest: Contest, asked: Asked) -> list[Contender]:
    return [contest[name] for name in (asked.of, asked.against) if name is not None]


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
