"""A claim: what somebody expects, written down before it is known."""

import math
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sureshot.comparison import KINDS, Way
from sureshot.comparison.numbers import OTHERS
from sureshot.errors import UsageError
from sureshot.studies.lines import Origin
from sureshot.studies.words import did_you_mean, first_error

_FIELDS = ("about", "score", "class", "of", "minus", "over", "at_least", "at_most")


class Claim(BaseModel):
    """One claim: a score of one recipe, or of two, within bounds; or one that a person judges."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    says: str = Field(min_length=1, description="a sentence: what is expected")
    judged_by: Literal["hand"] | None = Field(None, description='"hand", or left out')
    about: Literal["recipes", "models"] | None = Field(
        None, description='"recipes" (as where it is left out) or "models"'
    )
    score: str | None = Field(None, description=f"one of {', '.join(KINDS)}")
    class_: str | None = Field(None, alias="class", description="the name of a class")
    of: str | None = Field(None, description="the name of a recipe")
    minus: str | Annotated[tuple[str, ...], Field(min_length=2, strict=False)] | None = Field(
        None, description='the name of a recipe, "others", or a list of two names or more'
    )
    over: str | None = Field(None, description="the name of a recipe")
    at_least: float | None = Field(None, description="a number")
    at_most: float | None = Field(None, description="a number")

    @property
    def way(self) -> Way:
        """Whether it is about a score itself, a difference or a ratio of two."""
        return "difference" if self.minus else "ratio" if self.over else "value"

    @property
    def against(self) -> str | None:
        """The second recipe, where there is one; "others" where there are several."""
        return OTHERS if isinstance(self.minus, tuple) else self.minus or self.over

    @property
    def of_models(self) -> bool:
        """Whether it is about the models of the first seed, and not about their recipes."""
        return self.about == "models"

    def named(self, recipes: Collection[str]) -> frozenset[str]:
        """The recipes that it is about, of all those that there are."""
        if self.minus == OTHERS:
            return frozenset(recipes)
        return frozenset((*_names(self.of), *_names(self.minus), *_names(self.over)))

    @property
    def low(self) -> float:
        """The lower bound; minus infinity where there is none."""
        return -math.inf if self.at_least is None else self.at_least

    @property
    def high(self) -> float:
        """The upper bound; infinity where there is none."""
        return math.inf if self.at_most is None else self.at_most


def read_claim(
    name: str, table: Mapping[str, Any], recipes: Collection[str], origin: Origin
) -> Claim:
    """A table as a claim; UsageError says what is wrong with it, on which line, and what to do."""
    told = first_error(Claim, table, ("claims", name), origin)
    if told:
        raise UsageError(told)
    claim = Claim.model_validate(dict(table))
    for problem in (
        _by_hand,
        _lacking,
        _scores,
        _contenders,
        _others,
        _bounds,
        _bounds_at_the_ends,
    ):
        found = problem(claim, recipes)
        if found:
            key, words = found
            raise UsageError(f"claims.{name}.{key} {words} ({origin.at('claims', name, key)})")
    return claim


Problem = tuple[str, str] | None  # the key, and what is wrong with it


def _by_hand(claim: Claim, recipes: Collection[str]) -> Problem:
    given = claim.model_dump(by_alias=True)
    idle = [key for key in _FIELDS if given[key] is not None]
    if claim.judged_by and idle:
        return idle[0], (
            "would do nothing: a claim that is judged by hand has no score; remove it, or "
            "remove judged_by"
        )
    return None


def _lacking(claim: Claim, recipes: Collection[str]) -> Problem:
    if claim.judged_by:
        return None
    if claim.score is None:
        return "score", (
            f'is missing; choose one of {", ".join(KINDS)}, or write judged_by = "hand"'
        )
    if claim.of is None:
        return "of", f"is missing; it names a recipe, one of {', '.join(recipes)}"
    return None


def _scores(claim: Claim, recipes: Collection[str]) -> Problem:
    if claim.score is None:
        return None
    if claim.score not in KINDS:
        near = did_you_mean(claim.score, KINDS)
        return "score", f"must be one of {', '.join(KINDS)}, got {claim.score!r}{near}"
    if claim.score == "recall" and not claim.class_:
        return "class", 'is missing; recall is of one class, such as class = "shirt"'
    if claim.score != "recall" and claim.class_:
        return "class", f'would do nothing: it belongs to score = "recall", not {claim.score!r}'
    if claim.of_models and not KINDS[claim.score].of_images:
        return "about", (
            f"would do nothing: {claim.score} does not come from test images, on which models are "
            "judged; remove it"
        )
    return None


def _contenders(claim: Claim, recipes: Collection[str]) -> Problem:
    for key in ("of", "minus", "over"):
        given = getattr(claim, key)
        odd = [name for name in _names(given) if name not in recipes]
        if odd and (key, given) != ("minus", OTHERS):
            known = ", ".join(recipes)
            return key, f"must name a recipe, one of {known}, got {odd[0]!r}" + did_you_mean(
                odd[0], recipes
            )
    if claim.minus and claim.over:
        return "over", "contradicts minus: choose a difference or a ratio, not both"
    named = [*_names(claim.of), *_names(claim.minus), *_names(claim.over)]
    twice = [name for number, name in enumerate(named) if name in named[:number]]
    if twice:
        wanted = "another recipe than of" if twice[0] == claim.of else "different recipes"
        return "minus" if claim.minus else "over", f"must name {wanted}, got {twice[0]!r} twice"
    return None


def _names(given: str | tuple[str, ...] | None) -> tuple[str, ...]:
    """The names that stand in a field."""
    return (given,) if isinstance(given, str) else given or ()


def _others(claim: Claim, recipes: Collection[str]) -> Problem:
    """Against several only one side can be claimed: the better one."""
    if claim.against != OTHERS:
        return None
    if len(recipes) < 2:
        return "minus", f"has nobody to mean: there is no other recipe than {claim.of}; add one"
    lower = KINDS[claim.score or ""].lower_is_better
    wanted, idle = ("at_most", "at_least") if lower else ("at_least", "at_most")
    if getattr(claim, idle) is not None:
        better = "lower" if lower else "higher"
        several = 'minus = "others"' if claim.minus == OTHERS else "several in minus"
        return idle, (
            f"must be left out with {several}: the best has the {better} {claim.score}, so "
            f"write {wanted}"
        )
    return None


def _bounds(claim: Claim, recipes: Collection[str]) -> Problem:
    if claim.score is None:
        return None
    if claim.at_least is None and claim.at_most is None:
        return "at_least", "is missing; a claim needs at_least, at_most, or both"
    low, high = KINDS[claim.score].range(claim.way)
    for key in ("at_least", "at_most"):
        bound = getattr(claim, key)
        if bound is not None and not low <= bound <= high:
            return key, f"must be {_between(low, high)} for {_what(claim)}, got {bound:g}" + (
                f"; {bound:g} % is written {bound / 100:g}"
                if high == 1 and 0 < bound <= 100
                else ""
            )
    exact = claim.score == "parameters"  # the only score that is known without an interval
    if claim.low > claim.high or (claim.low == claim.high and not exact):
        cure = "exchange the two" if claim.low > claim.high else "choose a higher one"
        return "at_most", (
            f"contradicts at_least: it must be above {claim.low:g}, got {claim.high:g}; "
            f"{cure}, or leave one out"
        )
    return None


def _bounds_at_the_ends(claim: Claim, recipes: Collection[str]) -> Problem:
    """A bound at the end of the range is met whatever happens, or never for certain."""
    if claim.score is None:
        return None
    low, high = KINDS[claim.score].range(claim.way)
    for key, end, other, never, beyond in (
        ("at_least", low, high, "below", "above"),
        ("at_most", high, low, "above", "below"),
    ):
        if getattr(claim, key) == end:
            return key, (
                f"would do nothing: {_what(claim)} is never {never} {end:g}; choose another bound, "
                "or leave it out"
            )
        if getattr(claim, key) == other:
            return key, (
                f"can never be supported: {_what(claim)} is never {beyond} {other:g}, so no "
                "interval lies within; choose another bound"
            )
    return None


def _what(claim: Claim) -> str:
    score = KINDS[claim.score or ""].words
    return {"value": "", "difference": "a difference in ", "ratio": "a ratio of "}[
        claim.way
    ] + score


def _between(low: float, high: float) -> str:
    return f"between {low:g} and {high:g}" if math.isfinite(high) else f"at least {low:g}"
