"""Before any training, and between trainings: can the test set decide each claim?

Where all recipes of a claim have finished runs, their spread says it. Elsewhere it is assumed, from
what the study itself claims of them: a recipe that is claimed to have 99.3 % right has 0.7 % wrong,
so that two such recipes can differ on 1.4 % of the images at most. What was assumed is said.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import exp
from statistics import NormalDist
from types import MappingProxyType

from sureshot.comparison import KINDS, Contest
from sureshot.comparison.numbers import OTHERS
from sureshot.measure.estimates import Closest, Estimate, Gap
from sureshot.measure.intervals import LEVEL
from sureshot.measure.planning import (
    DISCORDANT,
    POWER,
    SEED_DEVIATION,
    Reach,
    reach_of_difference,
    reach_of_share,
    usual_deviation,
)
from sureshot.studies.claims import Claim
from sureshot.studies.judging import bounds_of, measured_of
from sureshot.studies.reading import Study

SEEN = "as the finished runs vary"
FINE = 0.01  # nearer to a bound than a point, a share is told to a hundredth of one
Moved = Callable[..., float | None]  # bound, direction, power → the first truth told from it


@dataclass(frozen=True)
class Judges:
    """The images to judge by."""

    split: str
    counts: Mapping[str, int]  # in all under "", and of each class under its name


def deciding(
    study: Study,
    judges: Judges,
    contest: Contest | None = None,
    left_out: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """For each claim a sentence: whether these images can decide it.

    `contest` has what is done, `left_out` the recipes that are not trained here, and why.
    """
    scored = sum(claim.score is not None for claim in study.claims.values())
    level = 1 - (1 - LEVEL) / max(scored, 1)  # the strictest that Holm may ask for
    done = {one.name for one in contest.contenders} if contest else set()
    lacking = {name: why for name, why in left_out.items() if name not in done}
    return {
        name: _left_out(study, claim, lacking) or _can_decide(study, claim, judges, contest, level)
        for name, claim in study.claims.items()
    }


def _left_out(study: Study, claim: Claim, lacking: Mapping[str, str]) -> str:
    """Why nothing can be known of a claim here; "" where it can."""
    return next((lacking[name] for name in sorted(claim.named(study.names) & lacking.keys())), "")


def _can_decide(
    study: Study, claim: Claim, judges: Judges, contest: Contest | None, level: float
) -> str:
    if not claim.score:
        return "a person judges it"
    if claim.score == "parameters":
        return "known exactly once the networks are built"
    kind, seeds = KINDS[claim.score], len(study.seeds)
    if seeds < 2 and not claim.of_models:
        return "it cannot be decided with one seed: how much seeds vary would not be seen" + (
            '; about = "models" asks of the trained models alone' if kind.of_images else ""
        )
    images = f"{judges.counts[claim.class_ or '']:,} {judges.split} images"
    data = [images] * kind.of_images + [f"{seeds} seeds"] * (not claim.of_models)
    reach = _seen(study, claim, contest, level)
    if reach is None and not kind.of_images:
        return f"the {judges.split} images have no part in it; it stands on {seeds} seeds"
    if reach is None and (kind.unit != "share" or claim.way == "ratio"):
        return f"to be seen when the first runs show how much {' and '.join(data)} vary"
    return _reached(claim, reach or _assumed(study, claim, judges, level), " and ".join(data))


def _seen(study: Study, claim: Claim, contest: Contest | None, level: float) -> Reach | None:
    """What the finished runs say, with as many seeds as there will be; None where too few are."""
    if contest is None:
        return None
    found = measured_of(contest, claim, claim.named(study.names))
    found = found.nearest if isinstance(found, Closest) else found
    if isinstance(found, Gap):
        apart = (found.gained + found.lost) / found.n
        reach = reach_of_difference(found.n, bounds_of(claim), None, level, apart)
        return replace(reach, assumed=SEEN)
    if not isinstance(found, Estimate):
        return None
    more = len(study.seeds) / min(found.seeds) if found.seeds else 1.0
    half = found.half(level, 1.0, more)
    error = found.error * half / found.half(level)

    def moved(bound: float | None, direction: int, power: float = POWER) -> float | None:
        """The first truth beside a bound that is told from it."""
        if bound is None:
            return None
        far = direction * (half + NormalDist().inv_cdf(power) * error)
        return bound * exp(far) if found.ratio else bound + far

    return _within(claim, moved)


def _within(claim: Claim, moved: Moved) -> Reach:
    """Where the truth must lie, no part of it outside the range of the score."""
    least, most = KINDS[claim.score or ""].range(claim.way)
    both = claim.at_least is not None and claim.at_most is not None
    power = (1 + POWER) / 2 if both else POWER  # both ends of the interval have to keep inside
    low, high = moved(claim.at_least, 1, power), moved(claim.at_most, -1, power)
    inside = (least if low is None else low, most if high is None else high)
    below, above = moved(claim.at_least, -1), moved(claim.at_most, 1)
    return Reach(
        supported=inside if least <= inside[0] <= inside[1] <= most else None,
        refuted_below=below if below is not None and below >= least else None,
        refuted_above=above if above is not None and above <= most else None,
        assumed=SEEN,
    )


def _assumed(study: Study, claim: Claim, judges: Judges, level: float) -> Reach:
    """What follows from what the study claims."""
    n, bounds = judges.counts[claim.class_ or ""], bounds_of(claim)
    seeds = None if claim.of_models else len(study.seeds)
    if claim.way == "value":
        return reach_of_share(n, bounds, seeds, level)
    errors = _errors(study, claim)
    least = max(abs(one) for one in (claim.at_least, claim.at_most) if one is not None)
    discordant = max(min(sum(errors) or DISCORDANT, DISCORDANT), least)
    deviation = max((usual_deviation(1 - one) for one in errors), default=SEED_DEVIATION)
    return reach_of_difference(n, bounds, seeds, level, discordant, deviation)


def _errors(study: Study, claim: Claim) -> list[float]:
    """The shares of errors that the study expects of both recipes; none where it says nothing.

    Where it says it of one alone, the other is taken to be as good: that is what makes it close.
    """
    said: dict[str, float] = {}
    for one in study.claims.values():
        whole = one.score and KINDS[one.score].unit == "share" and not one.class_
        if whole and one.way == "value" and one.of and one.at_least is not None:
            said[one.of] = min(said.get(one.of, 1.0), 1 - one.at_least)
    known = [said[name] for name in (claim.of, claim.against) if name in said]
    return known * 2 if len(known) == 1 else known


def _reached(claim: Claim, reach: Reach, data: str) -> str:
    """Where the true score must lie for the claim to be decided."""
    kind, bounds = KINDS[claim.score or ""], (claim.at_least, claim.at_most)

    def told(value: float) -> str:
        near = any(one is not None and abs(value - one) < FINE for one in bounds)
        if kind.unit != "share" or claim.way == "ratio" or not near:
            return kind.told(value, claim.way)
        return f"{100 * value:+.2f} points" if claim.way == "difference" else f"{100 * value:.2f} %"

    ways = []
    if reach.supported is not None:
        low, high = reach.supported
        inside = f"between {told(low)} and {told(high)}"
        if claim.at_most is None:
            inside = f"{told(low)} or more"
        elif claim.at_least is None:
            inside = f"{told(high)} or less"
        ways.append(f"supported if it is truly {inside}")
    if reach.refuted_below is not None:
        ways.append(f"refuted if it is {told(reach.refuted_below)} or less")
    if reach.refuted_above is not None:
        ways.append(f"refuted if it is {told(reach.refuted_above)} or more")
    if not ways:
        return f"{data} can never decide it; test on more images or train with more seeds"
    if reach.supported is None:
        ways.append("never supported, for so few leave no room for it")
    others = " against the nearest of the others" if claim.against == OTHERS else ""
    why = [reach.assumed] if reach.assumed else []
    if claim.score not in ("accuracy", "recall") and reach.assumed != SEEN:
        why.append(f"{kind.words} is taken to vary as accuracy does")
    said = "; ".join([f"{100 * POWER:.0f} % of studies", *why])
    return f"with {data}{others}: {', '.join(ways)} ({said})"
